using Xunit.v3;

namespace Conformance;

/// <summary>
/// The test proves that the router meets a requirement of <see cref="Requirements"/>. It is a trait too: <c>-trait "RFC 4787=REQ-1"</c> runs the tests of that row.
/// </summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
internal sealed class RequirementAttribute(string document, string name, Level level) : Attribute, ITraitAttribute
{
    public string Document => document;

    public string Name => name;

    public Level Level => level;

    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() => [new(document, name)];
}
