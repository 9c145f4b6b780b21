namespace Conformance;

/// <summary>How much a requirement demands (RFC 2119), and <see cref="Expected"/>: no RFC says it, but users and operators count on it.</summary>
internal enum Level
{
    Must,
    MustNot,
    Should,
    ShouldNot,
    Recommended,
    Expected,
}
