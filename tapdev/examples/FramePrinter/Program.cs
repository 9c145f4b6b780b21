using System.Buffers.Binary;
using TapDev;

// Prints a line for each frame that the host sends into a TAP.
// usage (as root): FramePrinter TAP [NETWORK_NAMESPACE]
if (args.Length is 0 or > 2)
{
    Console.Error.WriteLine("usage: FramePrinter TAP [NETWORK_NAMESPACE]");
    return 2;
}
try
{
    using TapLoop loop = TapLoop.Create();
    using TapDevice tap = loop.Open(new TapOptions { Name = args[0], Namespace = args.ElementAtOrDefault(1) });
    bool isStopping = false;
    Console.CancelKeyPress += (_, stop) =>
    {
        stop.Cancel = true;
        Volatile.Write(ref isStopping, true);
        loop.Wake();
    };
    Console.WriteLine($"{tap.Name} is {tap.State}, over {loop.Backend}. {loop.BackendReason} Offloads: {tap.Offloads}. Ctrl+C ends.");
    while (!Volatile.Read(ref isStopping))
    {
        loop.Wait(TimeSpan.FromSeconds(1));
        loop.Maintain(Environment.TickCount64);
        while (loop.TryTakeStateChange(out TapDevice? device, out DeviceState state))
            Console.WriteLine($"{device!.Name} is {state}");
        for (Frame? frame = tap.Input.TryReadBatch(); frame is not null; frame = frame.NextInBatch)
            Console.WriteLine(Describe(frame.Bytes));
        tap.Input.EndBatch();
    }
    return 0;
}
catch (TapException problem)
{
    Console.Error.WriteLine(problem.Message);
    return 1;
}

static string Describe(ReadOnlySpan<byte> bytes)
{
    ReadOnlySpan<byte> ethernet = bytes[VirtioHeader.Size..];
    if (ethernet.Length < 14)
        return $"{ethernet.Length} bytes, too few for an Ethernet header";
    string segmentation = VirtioHeader.GsoType(bytes) == VirtioHeader.GsoNone ? "" : $", to be cut at {VirtioHeader.GsoSize(bytes)}";
    return $"{Address(ethernet[6..12])} > {Address(ethernet[..6])}, type 0x{BinaryPrimitives.ReadUInt16BigEndian(ethernet[12..]):x4}, {ethernet.Length} bytes{segmentation}";
}

static string Address(ReadOnlySpan<byte> bytes) => BitConverter.ToString(bytes.ToArray()).Replace('-', ':').ToLowerInvariant();
