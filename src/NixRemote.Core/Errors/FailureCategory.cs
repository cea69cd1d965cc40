namespace NixRemote;

/// <summary>What kind of trouble an error is; the cmdlets map it to PowerShell's ErrorCategory of the same name.</summary>
public enum FailureCategory
{
    /// <summary>A connection could not be made or was lost.</summary>
    ConnectionError,

    /// <summary>The remote refused who we are.</summary>
    AuthenticationError,

    /// <summary>Trust was refused: a host key, a signature, a privilege.</summary>
    SecurityError,

    /// <summary>The remote broke its protocol, or speaks one that is too old.</summary>
    ProtocolError,

    /// <summary>A file, text or archive is malformed.</summary>
    InvalidData,

    /// <summary>An argument cannot be used.</summary>
    InvalidArgument,

    /// <summary>A result is not what was promised, such as a hash that differs.</summary>
    InvalidResult,

    /// <summary>Something named does not exist.</summary>
    ObjectNotFound,

    /// <summary>A time limit passed.</summary>
    OperationTimeout,

    /// <summary>Nobody can do it now: no eligible builder, no local store.</summary>
    ResourceUnavailable,

    /// <summary>The user stopped it.</summary>
    OperationStopped,

    /// <summary>Reading or writing a file failed.</summary>
    ReadWriteError,

    /// <summary>What was asked is not possible here.</summary>
    NotImplemented,
}
