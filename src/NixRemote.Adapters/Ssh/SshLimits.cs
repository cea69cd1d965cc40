namespace NixRemote.Adapters.Ssh;

/// <summary>Bounds of the SSH transport in process: memory, packets and waiting times.</summary>
internal static class SshLimits
{
    /// <summary>Bytes that a server may send on a channel before they are read, at first: OpenSSH's own window.</summary>
    public const int InitialWindow = 2 * 1024 * 1024;

    /// <summary>What a channel's window may grow to while its reader keeps up: 300 MiB/s at 50 ms, and as much again for a reader that halts now and
    /// then, as one does that writes to a disk.</summary>
    public const int MaxWindow = 32 * 1024 * 1024;

    /// <summary>How much a reader has read when the server is told that it may send as much again; half the window if that is less.</summary>
    public const int GrantStep = 1024 * 1024;

    /// <summary>How much all windows of the process may have grown by, together.</summary>
    public const int WindowGrowthBudget = 96 * 1024 * 1024;

    /// <summary>The largest packet that a server may send on a channel: what SSH.NET takes, and twice what RFC 4253 §6.1 asks of everybody. Each
    /// packet wakes the reader, so that large ones save half of the work of a download.</summary>
    public const int MaxReceivePacket = 64 * 1024;

    /// <summary>The largest packet that is sent, though a server may allow more.</summary>
    public const int MaxSendPacket = 64 * 1024;

    /// <summary>Once a server's window is used up, sending goes on when this much, or a quarter of it, is free again.</summary>
    public const int SendBurst = 512 * 1024;

    /// <summary>How long a writer waits at the longest for that much.</summary>
    public static readonly TimeSpan SendBurstWait = TimeSpan.FromMilliseconds(2);

    /// <summary>Channels that a session opens at most at a time; sshd's MaxSessions is 10 unless it is changed.</summary>
    public const int MaxChannels = 64;

    /// <summary>How often a channel on somebody else's connection is asked for until a refusal is final.</summary>
    public const int AdoptedOpenAttempts = 3;

    /// <summary>Largest identity file, in bytes.</summary>
    public const int MaxIdentityBytes = 1024 * 1024;

    /// <summary>Bytes that are looked at for a server's first line and its algorithms; OpenSSH sends about 1200.</summary>
    public const int MaxHelloBytes = 64 * 1024;

    /// <summary>How long an SSH agent may take for a signature, in which a person may have to touch a key.</summary>
    public static readonly TimeSpan AgentSignTimeout = TimeSpan.FromSeconds(60);

    /// <summary>The pause between connection attempts (ConnectionAttempts), as in OpenSSH.</summary>
    public static readonly TimeSpan ConnectionAttemptPause = TimeSpan.FromSeconds(1);

    /// <summary>How long a server may take to answer to a channel's opening.</summary>
    public static readonly TimeSpan ChannelOpenTimeout = TimeSpan.FromSeconds(15);

    /// <summary>How long closing a channel waits for the server's own close.</summary>
    public static readonly TimeSpan ChannelCloseTimeout = TimeSpan.FromSeconds(1);

    /// <summary>How long closing a session waits for its goodbye to be sent.</summary>
    public static readonly TimeSpan DisconnectTimeout = TimeSpan.FromMilliseconds(500);

    /// <summary>How long after the first address the next one of a host is tried too (RFC 8305 §5).</summary>
    public static readonly TimeSpan NextAddressDelay = TimeSpan.FromMilliseconds(250);
}
