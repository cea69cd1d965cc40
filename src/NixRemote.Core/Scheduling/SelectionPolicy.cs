namespace NixRemote.Scheduling;

/// <summary>How a builder is chosen among those that may take a derivation.</summary>
public enum SelectionPolicy
{
    /// <summary>The earliest expected finish: (load + 1) ÷ speed, and the bytes to move over the measured bandwidth. Of a graph the
    /// critical path goes first, and this machine is one more builder.</summary>
    Balanced,

    /// <summary>The rule of Nix 2.20 and later and of Lix (scheduling.md §4): the least load ÷ speed in single precision, then the
    /// higher speed, then the lower load, then the order of the configuration. This machine takes what no other one does.</summary>
    Nix,

    /// <summary>The rule of Nix up to 2.19: as <see cref="Nix"/>, with speeds and the division in integers.</summary>
    NixLegacy,
}
