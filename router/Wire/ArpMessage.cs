using System.Buffers.Binary;

namespace Router.Wire;

/// <summary>ARP for IPv4 over Ethernet (RFC 826): 28 bytes.</summary>
internal readonly ref struct ArpMessage
{
    public const int Size = 28;

    public const ushort Request = 1, Reply = 2;

    private const ushort EthernetHardware = 1;

    private const int HardwareOffset = 0, ProtocolOffset = 2, HardwareSizeOffset = 4, ProtocolSizeOffset = 5, OperationOffset = 6, SenderMacOffset = 8,
        SenderAddressOffset = 14, TargetMacOffset = 18, TargetAddressOffset = 24;

    private readonly Span<byte> _bytes;

    private ArpMessage(Span<byte> bytes) => _bytes = bytes;

    /// <summary>False where it is not a request or a reply for IPv4 over Ethernet, or is cut short.</summary>
    public static bool TryParse(Span<byte> bytes, out ArpMessage message)
    {
        message = new ArpMessage(bytes);
        return bytes.Length >= Size
            && BinaryPrimitives.ReadUInt16BigEndian(bytes[HardwareOffset..]) == EthernetHardware
            && BinaryPrimitives.ReadUInt16BigEndian(bytes[ProtocolOffset..]) == EthernetHeader.Ipv4
            && bytes[HardwareSizeOffset] == MacAddress.Size
            && bytes[ProtocolSizeOffset] == 4
            && message.Operation is Request or Reply;
    }

    public static void Write(Span<byte> bytes, ushort operation, MacAddress senderMac, IpAddress sender, MacAddress targetMac, IpAddress target)
    {
        BinaryPrimitives.WriteUInt16BigEndian(bytes[HardwareOffset..], EthernetHardware);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[ProtocolOffset..], EthernetHeader.Ipv4);
        bytes[HardwareSizeOffset] = MacAddress.Size;
        bytes[ProtocolSizeOffset] = 4;
        BinaryPrimitives.WriteUInt16BigEndian(bytes[OperationOffset..], operation);
        senderMac.Write(bytes[SenderMacOffset..]);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[SenderAddressOffset..], sender.Ipv4);
        targetMac.Write(bytes[TargetMacOffset..]);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[TargetAddressOffset..], target.Ipv4);
    }

    public ushort Operation => BinaryPrimitives.ReadUInt16BigEndian(_bytes[OperationOffset..]);

    public MacAddress SenderMac => MacAddress.Read(_bytes[SenderMacOffset..]);

    public IpAddress Sender => IpAddress.ReadIpv4(_bytes[SenderAddressOffset..]);

    public IpAddress Target => IpAddress.ReadIpv4(_bytes[TargetAddressOffset..]);
}
