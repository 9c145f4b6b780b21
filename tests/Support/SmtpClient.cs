using System.Text;
using PacketDotNet;
using static Support.Frames.Tcp;

namespace Support;

/// <summary>A blocked client of the simulation: it sends segments by hand, and hears what the router says in the server's name.</summary>
internal sealed class SmtpClient(TestRouter router, ushort port = 40000, string source = "192.168.25.10", string destination = "203.0.113.25", uint initial = 7000)
{
    /// <summary>SND.NXT and RCV.NXT.</summary>
    public uint Next { get; set; } = initial;

    public uint Expected { get; set; }

    /// <summary>The flags of what was heard last.</summary>
    public Frames.Tcp Flags { get; private set; }

    public byte[] Segment(Frames.Tcp flags, string text = "", uint? sequence = null, uint? acknowledgment = null) => Frames.TcpSegment(
        source, port, destination, 25, router.Interface("lan").Mac, flags, Encoding.ASCII.GetBytes(text), sequence ?? Next, acknowledgment ?? (flags.HasFlag(Ack) ? Expected : 0));

    public void Send(Frames.Tcp flags, string text = "", uint? sequence = null, uint? acknowledgment = null) =>
        router.Receive("lan", Segment(flags, text, sequence, acknowledgment));

    /// <summary>Everything that left since it was last asked, as its flags and text; nothing where nothing did. It is taken as heard.</summary>
    public IReadOnlyList<string> Hear() => [.. router.Sent("lan").Select(Hear)];

    /// <summary>The same of one frame that was taken from the device.</summary>
    public string Hear(byte[] frame)
    {
        AssertPacket.That(frame).HasHops(64).FromTo(destination, source).IsTcp(25, port);
        TcpPacket tcp = Frames.Parse(frame).Extract<TcpPacket>();
        Flags = (Frames.Tcp)tcp.Flags;
        string text = Encoding.ASCII.GetString(tcp.PayloadData ?? []);
        if (!Flags.HasFlag(Rst))
            Expected = tcp.SequenceNumber + (uint)text.Length + (Flags.HasFlag(Syn) || Flags.HasFlag(Fin) ? 1u : 0);
        return $"{Flags} seq {tcp.SequenceNumber} ack {tcp.AcknowledgmentNumber} {text}";
    }

    /// <summary>The text of the one segment that left.</summary>
    public string HearText() => Hear() is [var one] ? one[(one.IndexOf(" ack ", StringComparison.Ordinal) + 5)..].Split(' ', 2)[1] : throw new InvalidOperationException("Not one segment left.");

    public void Connect()
    {
        Send(Syn);
        Hear();
        Next++;
        Send(Ack);
    }

    /// <summary>A connection whose greeting was heard and acknowledged.</summary>
    public SmtpClient Greeted()
    {
        Connect();
        Hear();
        Send(Ack);
        return this;
    }

    /// <summary>Sends a text and counts it as sent.</summary>
    public void Say(string text)
    {
        Send(Ack | Psh, text);
        Next += (uint)text.Length;
    }
}
