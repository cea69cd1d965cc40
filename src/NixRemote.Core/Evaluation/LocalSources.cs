using NixRemote.Stores;

namespace NixRemote.Evaluation;

/// <summary>Brings the files of this machine that a request names to the machine that evaluates it.</summary>
public static class LocalSources
{
    /// <summary>
    /// Sends the folder of the request's file, and the folders of its flakes, as source paths to the store of the evaluating machine.
    /// </summary>
    /// <param name="request">The request, with absolute paths of this machine.</param>
    /// <param name="store">The store of the machine that evaluates.</param>
    /// <param name="verbose">Told what was sent.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The request with paths of that machine.</returns>
    /// <exception cref="NixRemoteException">SourceFolderRefused; all of <see cref="SourceTree.SendAsync"/>.</exception>
    public static async Task<EvaluationRequest> SendAsync(
        EvaluationRequest request, INixStore store, Action<string> verbose, CancellationToken cancellationToken)
    {
        if (request.File is { } file)
        {
            var isFolder = Directory.Exists(file);
            var folder = isFolder ? file : Path.GetDirectoryName(Path.GetFullPath(file))!;
            var sent = await SendFolderAsync(folder, store, verbose, cancellationToken).ConfigureAwait(false);
            request = request with { File = isFolder ? sent : $"{sent}/{Path.GetFileName(file)}" };
        }

        var installables = new List<Installable>();
        foreach (var installable in request.Installables)
        {
            installables.Add(installable.LocalFolder is not { } folder
                ? installable
                : installable with { Reference = $"path:{await SendFolderAsync(folder, store, verbose, cancellationToken).ConfigureAwait(false)}" });
        }

        return request with { Installables = installables };
    }

    /// <summary>Why a folder is not sent; null if it may be. All that is in a store can be read by everybody on that machine.</summary>
    internal static string? WhyNot(string folder)
    {
        var path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        return Path.GetPathRoot(path) == path || path.Length == 0 ? "it is the root of a file system"
            : string.Equals(path, Home, OperatingSystem.IsLinux() ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase)
                ? "it is your home folder, with keys and all"
            : null;
    }

    private static string Home => Path.TrimEndingDirectorySeparator(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile));

    private static async Task<string> SendFolderAsync(string folder, INixStore store, Action<string> verbose, CancellationToken cancellationToken)
    {
        if (WhyNot(folder) is { } reason)
        {
            throw new NixRemoteException(NixErrors.SourceFolderRefused, $"'{folder}' is not sent to {store.Name}: {reason}.") { Target = folder };
        }

        var info = await SourceTree.SendAsync(folder, store, cancellationToken).ConfigureAwait(false);
        verbose($"'{folder}' is {info.Path} on {store.Name} ({info.NarSize} bytes).");
        return info.Path.ToString();
    }
}
