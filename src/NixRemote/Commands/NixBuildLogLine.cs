using NixRemote.StoreObjects;

namespace NixRemote.Commands;

/// <summary>A line of a build's log, as it stands in an information record (tag <c>NixBuildLog</c>).</summary>
/// <param name="DerivationPath">The derivation's store path.</param>
/// <param name="Builder">The builder that builds it.</param>
/// <param name="Text">The line, control sequences kept.</param>
public sealed record NixBuildLogLine(string DerivationPath, string Builder, string Text)
{
    /// <summary><c>name@builder&gt; line</c>.</summary>
    public override string ToString() => $"{Path.GetFileNameWithoutExtension(DerivationPath)[(StorePath.HashLength + 1)..]}@{Builder}> {Text}";
}
