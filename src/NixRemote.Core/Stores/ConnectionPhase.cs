namespace NixRemote.Stores;

/// <summary>What a connection was doing, for the messages of its failures.</summary>
internal enum ConnectionPhase
{
    /// <summary>Agreeing on the protocol.</summary>
    Handshake,

    /// <summary>Asking for validity or path infos.</summary>
    Query,

    /// <summary>Adding paths.</summary>
    Upload,

    /// <summary>Building.</summary>
    Build,

    /// <summary>Reading archives.</summary>
    Download,
}
