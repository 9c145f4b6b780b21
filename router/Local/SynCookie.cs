using System.Buffers.Binary;
using System.Security.Cryptography;
using Router.Sessions;

namespace Router.Local;

/// <summary>
/// Initial sequence numbers that need no memory (RFC 4987 section 3.6): a number is a keyed hash of the connection's tuple and of the time, in steps of about a
/// minute. Whoever acknowledges it has received it, and so is no forged source; what it acknowledges beyond it says how far the conversation was.
/// </summary>
internal sealed class SynCookie
{
    /// <summary>No conversation is longer, both ends' SYN and FIN in it.</summary>
    public const uint LongestStream = 2048;

    private const int KeySize = 32, StepShift = 16, Steps = 4, InputSize = KeySize + 48;

    private readonly byte[] _key = new byte[KeySize];

    public SynCookie(Random random) => random.NextBytes(_key);

    /// <summary>The number with which a conversation begins at the moment.</summary>
    public uint Of(in FlowKey client, long now) => OfStep(client, now >> StepShift);

    /// <summary>Whether the number acknowledges something of a conversation that began lately; where it stands in it: 1 is the handshake.</summary>
    public bool Recognizes(in FlowKey client, uint acknowledgment, long now, out uint position)
    {
        for (int age = 0; age < Steps; age++)
        {
            position = acknowledgment - OfStep(client, (now >> StepShift) - age);
            if (position is > 0 and <= LongestStream)
                return true;
        }

        position = 0;
        return false;
    }

    /// <summary>SHA-256 with the key before an input of fixed length, and most of the digest kept back: nothing that the extension of a hash would help with.</summary>
    private uint OfStep(in FlowKey client, long step)
    {
        Span<byte> input = stackalloc byte[InputSize], tuple = input[KeySize..], digest = stackalloc byte[SHA256.HashSizeInBytes];
        _key.CopyTo(input);
        BinaryPrimitives.WriteUInt64BigEndian(tuple, client.Source.High);
        BinaryPrimitives.WriteUInt64BigEndian(tuple[8..], client.Source.Low);
        BinaryPrimitives.WriteUInt64BigEndian(tuple[16..], client.Destination.High);
        BinaryPrimitives.WriteUInt64BigEndian(tuple[24..], client.Destination.Low);
        BinaryPrimitives.WriteUInt64BigEndian(tuple[32..], client.Rest);
        BinaryPrimitives.WriteInt64BigEndian(tuple[40..], step);
        SHA256.HashData(input, digest);
        return BinaryPrimitives.ReadUInt32BigEndian(digest);
    }
}
