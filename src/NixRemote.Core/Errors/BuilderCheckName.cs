namespace NixRemote;

/// <summary>The checks of Test-NixBuilder, in the order in which they are made. Each error that a builder can cause belongs to one of them
/// (<see cref="ErrorDefinition.Check"/>).</summary>
public enum BuilderCheckName
{
    /// <summary>Whether its entry and the SSH configuration say something that can be done.</summary>
    Configuration,

    /// <summary>Whether its host name has an address.</summary>
    NameResolution,

    /// <summary>Whether the machine takes connections on the port.</summary>
    Tcp,

    /// <summary>Whether an SSH server answers there and has algorithms in common with us.</summary>
    SshHandshake,

    /// <summary>Whether its host key is the known one.</summary>
    HostKey,

    /// <summary>Whether it lets the user in.</summary>
    Authentication,

    /// <summary>Whether it runs Nix's program.</summary>
    RemoteProgram,

    /// <summary>Whether nothing but the protocol comes through the channel.</summary>
    CleanChannel,

    /// <summary>Whether Nix there speaks a protocol that we speak.</summary>
    ProtocolHandshake,

    /// <summary>Whether its Nix trusts the user.</summary>
    Trust,

    /// <summary>Whether its store can be read and written.</summary>
    Store,

    /// <summary>Whether it has the systems and features that its entry claims.</summary>
    SystemsAndFeatures,

    /// <summary>Whether its clock is right.</summary>
    Clock,

    /// <summary>Whether there is room for builds.</summary>
    FreeSpace,

    /// <summary>Whether a tiny derivation of each claimed system and feature is built.</summary>
    Build,
}
