namespace NixRemote.Builders;

/// <summary>A setting of nix.conf that a build client respects (config.md §3).</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind">The type of its values.</param>
/// <param name="Default">Its value if nothing sets it.</param>
/// <param name="Aliases">Its older names.</param>
public sealed record NixSettingDefinition(string Name, NixSettingKind Kind, string Default, params string[] Aliases)
{
    /// <summary>Whether <c>extra-NAME</c> adds to it.</summary>
    public bool IsAppendable => Kind is NixSettingKind.List or NixSettingKind.Set;
}
