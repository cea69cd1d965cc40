namespace NixRemote.Transport;

/// <summary>ssh_config's StrictHostKeyChecking.</summary>
public enum HostKeyChecking
{
    /// <summary>An unknown key is refused; without a terminal to ask at, <c>ask</c> means the same.</summary>
    Strict,

    /// <summary><c>accept-new</c>: an unknown key is added, a changed one refused.</summary>
    AcceptNew,

    /// <summary><c>no</c>: an unknown key is added, a changed one tolerated. We never tolerate it.</summary>
    Off,
}
