namespace NixRemote.Stores;

/// <summary>
/// The most that a remote may send of each thing (wire.md §1.2). They are far above what a stock Nix sends; going over
/// one ends in <see cref="NixErrors.LimitExceeded"/>, which names it.
/// </summary>
public static class WireLimits
{
    /// <summary>Bytes of a store path; the longest valid one has 255 and the store directory.</summary>
    public const int PathBytes = 4 * 1024;

    /// <summary>Bytes of a name: an output, a feature, the kind of an error.</summary>
    public const int NameBytes = 255;

    /// <summary>Bytes of a hash, a content address or a version text.</summary>
    public const int TokenBytes = 1024;

    /// <summary>Bytes of one signature.</summary>
    public const int SignatureBytes = 4 * 1024;

    /// <summary>Bytes of one log line or one field of an activity.</summary>
    public const int LogLineBytes = 8 * 1024 * 1024;

    /// <summary>Bytes of an error text.</summary>
    public const int ErrorTextBytes = 16 * 1024 * 1024;

    /// <summary>Bytes of one realisation (JSON) or of its id.</summary>
    public const int RealisationBytes = 1024 * 1024;

    /// <summary>References of one path.</summary>
    public const int References = 1_000_000;

    /// <summary>Signatures of one path.</summary>
    public const int Signatures = 1_000;

    /// <summary>Fields of one activity or result.</summary>
    public const int ActivityFields = 64;

    /// <summary>Positions and explanations that come with an error.</summary>
    public const int ErrorTraces = 10_000;

    /// <summary>Outputs that a build result lists.</summary>
    public const int BuiltOutputs = 10_000;

    /// <summary>Protocol features that a daemon announces.</summary>
    public const int Features = 1_000;

    /// <summary>Bytes that are kept of a text which came instead of the protocol.</summary>
    public const int StrayOutputBytes = 4 * 1024;

    /// <summary>Paths in one request that takes a set; longer lists are sent in several requests.</summary>
    public const int PathsPerRequest = 4_096;

    /// <summary>Requests that wait for their answers at the same time.</summary>
    public const int RequestsInFlight = 256;

    /// <summary>Uploads that wait for their answers at the same time; an answer is one word.</summary>
    public const int UploadsInFlight = 16_384;

    /// <summary>Bytes of archives that are asked for ahead. A bigger archive is asked for alone, so that a consumer that
    /// stops holds no more than one.</summary>
    public const long ArchiveBytesInFlight = 4 * 1024 * 1024;
}
