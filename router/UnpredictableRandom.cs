using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Router;

/// <summary>Random numbers that nobody can foretell, for hash keys and ports (RFC 6056), drawn from the system's generator a page at a time.</summary>
internal sealed class UnpredictableRandom() : Random(0)
{
    private readonly byte[] _page = new byte[4096];
    private int _next = 4096;

    public override int Next(int maxValue) => (int)((ulong)Draw32() * (ulong)maxValue >> 32);

    public override long NextInt64() => (long)((ulong)Draw32() << 31 | Draw32() >> 1) & long.MaxValue;

    protected override double Sample() => Draw32() / (uint.MaxValue + 1.0);

    private uint Draw32()
    {
        if (_next == _page.Length)
        {
            RandomNumberGenerator.Fill(_page);
            _next = 0;
        }

        uint value = BinaryPrimitives.ReadUInt32LittleEndian(_page.AsSpan(_next));
        _next += sizeof(uint);
        return value;
    }
}
