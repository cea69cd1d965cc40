namespace NixRemote.Builders;

/// <summary>The formats in which builders are written down (machines.md §2, §5, §6).</summary>
public enum MachinesFormat
{
    /// <summary>The columns of <c>/etc/nix/machines</c> and of the setting <c>builders</c>, by the rules of Nix 2.29 and later.</summary>
    Legacy,

    /// <summary>Lix's TOML, version 1.</summary>
    Toml,

    /// <summary>The NixOS option <c>nix.buildMachines</c>: written as Nix text, read from <c>nix eval --json</c>.</summary>
    NixOS,

    /// <summary>The module's own objects as JSON.</summary>
    Json,

    /// <summary><c>remote-systems.conf</c> of Nix 1.11 and earlier.</summary>
    RemoteSystems,
}
