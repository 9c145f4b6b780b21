using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Threading.Channels;
using PacketDotNet;
using ProtocolType = System.Net.Sockets.ProtocolType;

namespace Support.EndToEnd;

/// <summary>
/// A raw look at one device (AF_PACKET): every frame that passes in either direction, and a way to send any bytes. Bytes are parsed by PacketDotNet, which owes
/// nothing to the router. Frames that the kernel made itself may carry an unfinished transport checksum.
/// </summary>
internal sealed class Wire : IDisposable
{
    const ushort AnyProtocol = 0x0003; // ETH_P_ALL

    readonly Socket _socket;
    readonly List<EthernetPacket> _seen = [];
    readonly Channel<bool> _arrivals = Channel.CreateUnbounded<bool>();

    public PhysicalAddress OwnMac { get; }

    Wire(Socket socket, PhysicalAddress ownMac)
    {
        _socket = socket;
        OwnMac = ownMac;
        _ = Task.Run(ReadAsync);
    }

    public static Wire Open(Host host) => Open(host.Namespace, host.Device);

    public static Wire Open(NetworkNamespace place, string device)
    {
        var (socket, ownMac) = place.Enter(() => Bind(device));
        return new Wire(socket, ownMac);
    }

    static (Socket Socket, PhysicalAddress OwnMac) Bind(string device)
    {
        var nic = NetworkInterface.GetAllNetworkInterfaces().Single(candidate => candidate.Name == device);
        var socket = new Socket(AddressFamily.Packet, SocketType.Raw, (ProtocolType)IPAddress.HostToNetworkOrder((short)AnyProtocol)) { ReceiveBufferSize = 8 << 20 };
        socket.Bind(new LinkLayerEndPoint(nic.GetIPProperties().GetIPv4Properties()?.Index ?? throw new InvalidOperationException(device)));
        return (socket, nic.GetPhysicalAddress());
    }

    /// <summary>What has passed so far.</summary>
    public IReadOnlyList<EthernetPacket> Seen
    {
        get
        {
            lock (_seen)
                return [.. _seen];
        }
    }

    public void Send(byte[] frame) => _socket.Send(frame);

    public void Send(EthernetPacket frame) => Send(frame.Bytes);

    /// <summary>The first frame, past or future, that the condition accepts.</summary>
    public async Task<EthernetPacket> WaitForAsync(Func<EthernetPacket, bool> condition, string what, TimeSpan? limit = null)
    {
        using var expiry = new CancellationTokenSource(limit ?? TimeSpan.FromSeconds(5));
        try
        {
            while (true)
            {
                if (Seen.FirstOrDefault(condition) is { } found)
                    return found;
                await _arrivals.Reader.ReadAsync(expiry.Token);
            }
        }
        catch (OperationCanceledException e)
        {
            throw new TimeoutException($"not seen on the wire: {what}. Seen:\n{string.Join('\n', Seen.Select(frame => frame.ToString()))}", e);
        }
    }

    public void Dispose() => _socket.Dispose();

    async Task ReadAsync()
    {
        var buffer = new byte[1 << 17];
        while (true)
        {
            int length;
            try
            {
                length = await _socket.ReceiveAsync(buffer);
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.NetworkDown)
            {
                continue; // the device was taken down; it may come up again
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }
            var frame = new EthernetPacket(new PacketDotNet.Utils.ByteArraySegment(buffer[..length]));
            lock (_seen)
                _seen.Add(frame);
            _arrivals.Writer.TryWrite(true);
        }
    }

    sealed class LinkLayerEndPoint(int index) : EndPoint
    {
        public override AddressFamily AddressFamily => AddressFamily.Packet;

        public override SocketAddress Serialize()
        {
            var address = new SocketAddress(AddressFamily.Packet, 20); // struct sockaddr_ll
            address[3] = (byte)AnyProtocol;
            for (var i = 0; i < sizeof(int); i++)
                address[4 + i] = (byte)(index >> (8 * i));
            return address;
        }
    }
}
