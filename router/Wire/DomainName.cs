using System.Text;

namespace Router.Wire;

/// <summary>A domain name on the wire (RFC 1035 section 3.1): labels, each after its length, and a zero at the end. Never compressed (RFC 8106 section 5.2).</summary>
internal static class DomainName
{
    /// <summary>Of a name that the configuration's syntax has let through.</summary>
    public static byte[] Encode(string name) =>
        [.. name.Split('.').SelectMany(label => new[] { (byte)label.Length }.Concat(Encoding.ASCII.GetBytes(label))), 0];
}
