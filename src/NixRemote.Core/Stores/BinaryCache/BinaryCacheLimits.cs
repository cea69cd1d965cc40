namespace NixRemote.Stores.BinaryCache;

/// <summary>What is accepted of a binary cache at most, and how hard it is tried. Caches are not trusted.</summary>
internal static class BinaryCacheLimits
{
    /// <summary>Bytes of a nix-cache-info file; real ones have under 100. Arbitrary.</summary>
    public const int CacheInfoBytes = 64 << 10;

    /// <summary>Characters of the URL in a .narinfo file; arbitrary.</summary>
    public const int UrlCharacters = 2048;

    /// <summary>.narinfo files asked for at a time over HTTP.</summary>
    public const int HttpRequests = 32;

    /// <summary>Archives asked for ahead over HTTP; nobody reads them yet, so that each holds what a connection buffers.</summary>
    public const int HttpArchivesAhead = 8;

    /// <summary>Transfers out of one cache at a time.</summary>
    public const int Transfers = 8;

    /// <summary>How often one file is asked for, as Nix's download-attempts.</summary>
    public const int HttpAttempts = 5;

    /// <summary>The pause before the second attempt; it doubles from then on.</summary>
    public static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250);

    /// <summary>The longest pause that a server's Retry-After is followed for.</summary>
    public static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    /// <summary>How long a download may stand still, as Nix's stalled-download-timeout.</summary>
    public static readonly TimeSpan Stall = TimeSpan.FromMinutes(5);

    /// <summary>How old a temporary file must be, and nobody's, to be removed.</summary>
    public static readonly TimeSpan AbandonedAfter = TimeSpan.FromHours(1);

    /// <summary>Bytes of a netrc file.</summary>
    public const int NetrcBytes = 1 << 20;

    /// <summary>.narinfo files that are remembered.</summary>
    public const int InfosKept = 8_192;
}
