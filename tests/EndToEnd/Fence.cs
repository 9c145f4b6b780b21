using System.Net;
using PacketDotNet;
using Support.EndToEnd;

namespace EndToEnd;

/// <summary>
/// Shows that something did not happen, without waiting for it: sends one more segment, to a closed port, on the same way, and waits until it has passed and its
/// refusal has come back. What was sent before, and any answer to it, would have been seen by then at both ends, because a router keeps frames in order.
/// </summary>
internal static class Fence
{
    static int _port = 50000;

    public static async Task PassAsync(Host from, Wire near, Host to, Wire far, IPEndPoint destination)
    {
        var port = Interlocked.Increment(ref _port);
        near.Send(Frames.Tcp(near.OwnMac, await Network.RouterMacAsync(from), new IPEndPoint(from.AddressLike(destination.Address), port), destination, tcp => { tcp.Synchronize = true; tcp.WindowSize = (ushort)port; }));
        // The window is what no router changes, and what the host's refusal does not repeat.
        await far.WaitForAsync(frame => frame.Extract<TcpPacket>() is { Synchronize: true } tcp && tcp.WindowSize == port, $"the fence from {from.Namespace.Name} to {to.Namespace.Name}");
        await near.WaitForAsync(frame => frame.Extract<TcpPacket>() is { Reset: true } tcp && tcp.DestinationPort == port, $"the refusal of the fence from {from.Namespace.Name}");
    }
}
