namespace NixRemote.Stores.BinaryCache;

/// <summary>Names of files in a binary cache. Those out of .narinfo files are not trusted: none leads out of the cache.</summary>
internal static class CacheFileName
{
    /// <summary>The file with the name and store directory of the cache.</summary>
    public const string CacheInfo = "nix-cache-info";

    /// <summary>The folder of the archives.</summary>
    public const string Archives = "nar";

    /// <summary>Why the URL of a .narinfo file cannot be followed; null if it can.</summary>
    /// <param name="url">The URL, relative to the cache.</param>
    /// <param name="query">Whether it may have a query, as some servers' do.</param>
    public static string? WhyNot(string url, bool query)
    {
        var question = query ? url.IndexOf('?', StringComparison.Ordinal) : -1;
        var path = question < 0 ? url : url[..question];
        if (url.Length > BinaryCacheLimits.UrlCharacters)
        {
            return $"it has more than {BinaryCacheLimits.UrlCharacters} characters";
        }

        if (url.AsSpan().ContainsAnyInRange('\0', ' ') || url.AsSpan().IndexOfAnyInRange('\x7f', '\uffff') >= 0)
        {
            return "it has a character that no name of a file in a cache has";
        }

        return path.AsSpan().IndexOfAny("\\:%#?*|<>\"") >= 0 || path.Split('/').Any(part => part is "" or "." or "..")
            ? "it must be a plain path below the cache"
            : null;
    }
}
