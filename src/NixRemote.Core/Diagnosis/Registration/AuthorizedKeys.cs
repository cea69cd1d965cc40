using System.Text;
using NixRemote.Transport;

namespace NixRemote.Diagnosis.Registration;

/// <summary>The user's authorized_keys on a builder, changed by a script for <c>/bin/sh</c> on its standard input.</summary>
internal static class AuthorizedKeys
{
    private const string Added = "nixremote-added";
    private const string Present = "nixremote-present";
    private const string Removed = "nixremote-removed";
    private const int MaxAnswer = 64 * 1024;

    /// <summary>Adds a key unless it is there.</summary>
    /// <returns>Whether it was not there before.</returns>
    /// <exception cref="NixRemoteException">RegistrationFailed.</exception>
    public static async Task<bool> AddAsync(ISshSession session, string line, CancellationToken cancellationToken) =>
        await RunAsync(session, $$"""
            umask 077
            file="$HOME/.ssh/authorized_keys"
            mkdir -p "$HOME/.ssh" || exit 1
            if [ -f "$file" ] && grep -qxF {{Quote(line)}} "$file"; then echo {{Present}}; exit; fi
            if [ -s "$file" ] && [ -n "$(tail -c 1 "$file")" ]; then echo >> "$file" || exit 1; fi
            echo {{Quote(line)}} >> "$file" && echo {{Added}}

            """, [Added, Present], cancellationToken).ConfigureAwait(false) == Added;

    /// <summary>Takes a key out again.</summary>
    /// <exception cref="NixRemoteException">RegistrationFailed.</exception>
    public static Task RemoveAsync(ISshSession session, string line, CancellationToken cancellationToken) =>
        RunAsync(session, $$"""
            umask 077
            file="$HOME/.ssh/authorized_keys"
            grep -vxF {{Quote(line)}} "$file" > "$file.nixremote"
            cat "$file.nixremote" > "$file" && rm "$file.nixremote" && echo {{Removed}}

            """, [Removed], cancellationToken);

    private static async Task<string> RunAsync(ISshSession session, string script, string[] answers, CancellationToken cancellationToken)
    {
        await using var channel = await session.ExecuteAsync("/bin/sh", cancellationToken).ConfigureAwait(false);
        await channel.Output.WriteAsync(Encoding.UTF8.GetBytes(script.ReplaceLineEndings("\n")), cancellationToken).ConfigureAwait(false);
        await channel.Output.DisposeAsync().ConfigureAwait(false);
        using var reader = new StreamReader(channel.Input);
        var buffer = new char[MaxAnswer];
        var length = await reader.ReadBlockAsync(buffer, cancellationToken).ConfigureAwait(false);
        var text = new string(buffer, 0, length);
        return Array.Find(answers, answer => text.Contains(answer, StringComparison.Ordinal))
            ?? throw new NixRemoteException(NixErrors.RegistrationFailed, $"The authorized_keys of {session.Description} could not be changed.")
            {
                StandardErrorTail = channel.StandardError.Tail(),
            };
    }

    private static string Quote(string word) => $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
