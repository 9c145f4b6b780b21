using System.Runtime.InteropServices;
using Router.Telemetry;

namespace Router.Cli;

/// <summary>Why an expression is no filter, in one line.</summary>
internal sealed class FilterException(string message) : Exception(message);

/// <summary>
/// Compiles tcpdump's expressions with the machine's libpcap, in the CLI's process alone and only where a filter is given: the router itself never loads it.
/// </summary>
internal static class FilterCompiler
{
    private const int Ethernet = 1, InstructionSize = 8;

    private const uint UnknownNetmask = uint.MaxValue;

    private static readonly string[] Names = ["libpcap.so.0.8", "libpcap.so.1", "libpcap.so"];

    private delegate nint OpenDead(int linkType, int snapLength);

    private delegate int Compile(nint handle, ref Program program, [MarshalAs(UnmanagedType.LPUTF8Str)] string expression, int optimize, uint netmask);

    private delegate nint GetError(nint handle);

    private delegate void FreeCode(ref Program program);

    private delegate void Close(nint handle);

    /// <summary>Throws <see cref="FilterException"/> where there is no libpcap, or where it does not understand the expression.</summary>
    public static CaptureFilter Make(string expression, int snapLength)
    {
        nint library = Load();
        nint handle = Function<OpenDead>(library, "pcap_open_dead")(Ethernet, snapLength);
        if (handle == 0)
            throw new FilterException("libpcap has no memory for a filter");
        try
        {
            var program = default(Program);
            if (Function<Compile>(library, "pcap_compile")(handle, ref program, expression, 1, UnknownNetmask) != 0)
                throw new FilterException($"'{expression}' is no filter: {Marshal.PtrToStringUTF8(Function<GetError>(library, "pcap_geterr")(handle))}; see man 7 pcap-filter");
            var filter = new CaptureFilter(expression, [.. Enumerable.Range(0, (int)program.Length).Select(i => Read(program.Instructions + i * InstructionSize))]);
            Function<FreeCode>(library, "pcap_freecode")(ref program);
            return filter;
        }
        finally
        {
            Function<Close>(library, "pcap_close")(handle);
        }
    }

    /// <summary><c>struct bpf_insn</c>: code, two jumps, operand.</summary>
    private static long[] Read(nint instruction) =>
        [(ushort)Marshal.ReadInt16(instruction), Marshal.ReadByte(instruction, 2), Marshal.ReadByte(instruction, 3), (uint)Marshal.ReadInt32(instruction, 4)];

    private static nint Load()
    {
        foreach (string name in Names)
            if (NativeLibrary.TryLoad(name, out nint library))
                return library;
        throw new FilterException("a filter needs libpcap, which compiles it: apt-get install libpcap0.8 (tcpdump and Wireshark bring it along)");
    }

    private static T Function<T>(nint library, string name) where T : Delegate => Marshal.GetDelegateForFunctionPointer<T>(NativeLibrary.GetExport(library, name));

    /// <summary><c>struct bpf_program</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Program
    {
        public uint Length;
        public nint Instructions;
    }
}
