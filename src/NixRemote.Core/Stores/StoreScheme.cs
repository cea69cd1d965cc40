namespace NixRemote.Stores;

/// <summary>The kinds of store references (machines.md §3).</summary>
public enum StoreScheme
{
    /// <summary><c>auto</c>: what Nix would use on this machine.</summary>
    Auto,

    /// <summary><c>daemon</c> or <c>unix:///socket</c>: a daemon's Unix socket.</summary>
    Daemon,

    /// <summary><c>local</c>, <c>local?root=</c> or an absolute path: the store's own files, through a local process.</summary>
    Local,

    /// <summary><c>ssh://</c>: the serve protocol.</summary>
    Ssh,

    /// <summary><c>ssh-ng://</c>: the worker protocol.</summary>
    SshNg,

    /// <summary><c>file://</c>: a binary cache in a folder.</summary>
    File,

    /// <summary><c>http://</c> or <c>https://</c>: a binary cache.</summary>
    Http,

    /// <summary>Another scheme, or a text that no store can be opened by: kept as written, refused when it is to be used.</summary>
    Other,
}
