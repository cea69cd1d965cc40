using NixRemote.Transport;

namespace NixRemote.Diagnosis.Registration;

/// <summary>The user's known_hosts file before a line is added, to take that line out again.</summary>
/// <param name="File">The file.</param>
/// <param name="Text">What it had; null if it was not there.</param>
internal sealed record KnownHostsChange(string File, byte[]? Text)
{
    /// <summary>Remembers the file that a new host's key will be added to; null if the configuration names none.</summary>
    public static KnownHostsChange? Before(SshHostConfig config) => config.UserKnownHostsFiles is not [var file, ..] ? null
        : new KnownHostsChange(file, System.IO.File.Exists(file) ? System.IO.File.ReadAllBytes(file) : null);

    /// <summary>Takes out what was added since, if that is one line; what others have written in the meantime stays.</summary>
    public async Task UndoAsync()
    {
        if (!System.IO.File.Exists(File))
        {
            return;
        }

        var before = Text ?? [];
        var now = await System.IO.File.ReadAllBytesAsync(File).ConfigureAwait(false);
        if (now.Length <= before.Length || !now.AsSpan().StartsWith(before))
        {
            return;
        }

        // The line that was added may begin with the end of the last one.
        var start = before.Length + (before.Length > 0 && before[^1] != '\n' && now[before.Length] == '\n' ? 1 : 0);
        var end = Array.IndexOf(now, (byte)'\n', start) is >= 0 and var at ? at + 1 : now.Length;
        byte[] rest = [.. before, .. now.AsSpan(end)];
        if (Text is null && rest.Length == 0)
        {
            System.IO.File.Delete(File);
        }
        else
        {
            await System.IO.File.WriteAllBytesAsync(File, rest).ConfigureAwait(false);
        }
    }
}
