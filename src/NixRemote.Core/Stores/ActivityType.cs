namespace NixRemote.Stores;

/// <summary>Activities of a store; values are the wire's (wire.md §4.3).</summary>
public enum ActivityType
{
    /// <summary>Not named.</summary>
    Unknown = 0,

    /// <summary>One path is copied.</summary>
    CopyPath = 100,

    /// <summary>A file is fetched.</summary>
    FileTransfer = 101,

    /// <summary>Goals are made valid.</summary>
    Realise = 102,

    /// <summary>Several paths are copied.</summary>
    CopyPaths = 103,

    /// <summary>Several builds.</summary>
    Builds = 104,

    /// <summary>One build: drv path, machine, 1, 1.</summary>
    Build = 105,

    /// <summary>Hard-linking equal files.</summary>
    OptimiseStore = 106,

    /// <summary>Checking paths.</summary>
    VerifyPaths = 107,

    /// <summary>A path comes from a substituter.</summary>
    Substitute = 108,

    /// <summary>Asking for a path info.</summary>
    QueryPathInfo = 109,

    /// <summary>The post-build hook.</summary>
    PostBuildHook = 110,

    /// <summary>Waiting for a lock or a machine.</summary>
    BuildWaiting = 111,

    /// <summary>Fetching a tree.</summary>
    FetchTree = 112,

    /// <summary>Fetching into the store.</summary>
    FetchToStore = 113,
}
