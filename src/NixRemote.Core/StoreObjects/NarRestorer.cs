namespace NixRemote.StoreObjects;

/// <summary>
/// Unpacks an archive into the file system (nar.md §1). The target must not exist before; it is removed again when
/// unpacking fails. Nothing is ever written through a symbolic link, whatever the archive holds and however the file
/// system compares names.
/// </summary>
public static class NarRestorer
{
    /// <summary>Unpacks the archive that a source is at; the source is then after it.</summary>
    /// <param name="source">The bytes.</param>
    /// <param name="info">The path with the archive's promised size and hash; null: they are not checked.</param>
    /// <param name="target">The path on this machine; its directory must exist, itself must not.</param>
    /// <param name="caseHack">See <see cref="NarCaseHack"/>; null: the default here.</param>
    /// <param name="cancellationToken">Ends the unpacking; the target is removed.</param>
    /// <exception cref="NixRemoteException">NarInvalid, NarSizeMismatch, NarHashMismatch; NarNameUnsupported: a name that
    /// cannot be here; NarRestoreFailed: the target exists, or writing failed.</exception>
    public static async Task RestoreAsync(
        IByteSource source, PathInfo? info, string target, bool? caseHack, CancellationToken cancellationToken)
    {
        using var files = new NarFileVisitor(target, caseHack ?? NarCaseHack.IsDefault);
        files.CheckTarget();
        try
        {
            if (info is null)
            {
                await ParseAsync(source, files, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                var archive = new NarVerifyingStream(source, info, files);
                await using (archive.ConfigureAwait(false))
                {
                    await archive.CopyToAsync(Stream.Null, cancellationToken).ConfigureAwait(false);
                }
            }
        }
        catch (Exception exception)
        {
            files.Remove(exception);
            throw;
        }
    }

    private static async Task ParseAsync(IByteSource source, NarFileVisitor files, CancellationToken cancellationToken)
    {
        var parser = new NarParser(files);
        while (!parser.IsComplete)
        {
            var bytes = await source.PeekAsync(cancellationToken).ConfigureAwait(false);
            if (bytes.IsEmpty)
            {
                throw parser.Truncated();
            }

            parser.Advance(bytes.Span, out var consumed);
            source.Advance(consumed);
        }
    }
}
