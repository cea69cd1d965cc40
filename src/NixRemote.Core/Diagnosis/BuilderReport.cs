using System.Globalization;
using System.Text;
using NixRemote.Transport;

namespace NixRemote.Diagnosis;

/// <summary>
/// Asks a builder about itself: a small script for <c>/bin/sh</c>, given on its standard input so that no login shell has to quote it, and the reading
/// of its answer. The script only reads.
/// </summary>
internal sealed record BuilderReport
{
    private const string Begin = "nixremote-report-1";
    private const string Settings = "nixremote-settings";
    private const string End = "nixremote-end";

    // NIX_USER_CONF_FILES and NIX_CONFIG: the daemon, which builds, does not read the user's own files.
    private const string Script = """
        echo nixremote-report-1
        for program in nix-store nix-daemon nix; do echo "program.$program=$(command -v $program)"; done
        PATH="${PATH:-/usr/bin}:/run/current-system/sw/bin:/nix/var/nix/profiles/default/bin:$HOME/.nix-profile/bin:$HOME/.local/state/nix/profile/bin:/etc/profiles/per-user/$USER/bin:/usr/local/bin:/opt/homebrew/bin:/usr/bin:/bin"
        LC_ALL=C
        export PATH LC_ALL
        for program in nix-store nix-daemon nix; do echo "elsewhere.$program=$(command -v $program)"; done
        echo "time=$(date +%s)"
        echo "user=$(id -un 2>/dev/null)"
        echo "groups=$(id -Gn 2>/dev/null)"
        echo "kernel=$(uname -sm 2>/dev/null)"
        echo "version=$(nix-store --version 2>/dev/null </dev/null | head -n 1)"
        for folder in /nix/store /nix/var/nix/builds "${TMPDIR:-/tmp}"; do
          [ -d "$folder" ] && df -Pk "$folder" 2>/dev/null | { read -r header; read -r device size used free rest; echo "free.$folder=$free"; }
        done
        echo nixremote-settings
        NIX_CONFIG= NIX_USER_CONF_FILES= nix --extra-experimental-features nix-command config show 2>/dev/null </dev/null ||
          NIX_CONFIG= NIX_USER_CONF_FILES= nix --extra-experimental-features nix-command show-config 2>/dev/null </dev/null
        echo nixremote-end

        """;

    /// <summary>What it told; null if the script was not run.</summary>
    public NixBuilderFacts? Facts { get; init; }

    /// <summary>What came before the answer, or instead of it.</summary>
    public string StrayOutput { get; init; } = "";

    /// <summary>Its exit status, where it is known.</summary>
    public int? ExitStatus { get; init; }

    /// <summary>Asks.</summary>
    /// <param name="execute">Runs a command there.</param>
    /// <param name="now">This machine's clock.</param>
    /// <param name="cancellationToken">Ends the question.</param>
    /// <exception cref="NixRemoteException">The command could not be run.</exception>
    public static async Task<BuilderReport> AskAsync(
        Func<string, CancellationToken, Task<IDuplexChannel>> execute, TimeProvider now, CancellationToken cancellationToken)
    {
        await using var channel = await execute("/bin/sh", cancellationToken).ConfigureAwait(false);
        var asked = now.GetUtcNow();
        await SendAsync(channel.Output, cancellationToken).ConfigureAwait(false);
        using var text = new StreamReader(channel.Input);
        var answer = new StringBuilder();
        DateTimeOffset? answered = null;
        var buffer = new char[4096];
        int count;
        while (answer.Length < DiagnosisLimits.ReportCharacters
            && (count = await text.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
        {
            answered ??= now.GetUtcNow();
            answer.Append(buffer, 0, count);
        }

        var status = answer.Length < DiagnosisLimits.ReportCharacters ? await channel.Exited.WaitAsync(cancellationToken).ConfigureAwait(false) : null;
        return Read(answer.ToString(), asked, answered ?? asked) with { ExitStatus = status };
    }

    /// <summary>Reads an answer.</summary>
    /// <param name="text">What came.</param>
    /// <param name="asked">When it was asked for, by our clock.</param>
    /// <param name="answered">When the first of it came.</param>
    public static BuilderReport Read(string text, DateTimeOffset asked, DateTimeOffset answered)
    {
        var lines = text.ReplaceLineEndings("\n").Split('\n').ToList();
        var begin = lines.IndexOf(Begin);
        if (begin < 0)
        {
            return new BuilderReport { StrayOutput = Clean(text) };
        }

        var middle = lines.IndexOf(Settings, begin);
        var end = lines.IndexOf(End, begin);
        end = end < 0 ? lines.Count : end;
        var values = Pairs(lines[(begin + 1)..(middle < 0 ? end : middle)]);
        return new BuilderReport
        {
            StrayOutput = Clean(string.Join('\n', lines.Take(begin))),
            Facts = new NixBuilderFacts
            {
                User = values.GetValueOrDefault("user", ""),
                Groups = values.GetValueOrDefault("groups", "").Split(' ', StringSplitOptions.RemoveEmptyEntries),
                Kernel = values.GetValueOrDefault("kernel", ""),
                Programs = WithPrefix(values, "program."),
                ProgramsElsewhere = WithPrefix(values, "elsewhere.").Except(WithPrefix(values, "program.")).ToDictionary(),
                Version = values.GetValueOrDefault("version") is { Length: > 0 } version ? version : null,
                Settings = middle < 0 ? new() : Pairs(lines[(middle + 1)..end]),
                ClockOffset = Offset(values.GetValueOrDefault("time"), asked, answered),
                FreeBytes = WithPrefix(values, "free.").Where(pair => long.TryParse(pair.Value, out _))
                    .ToDictionary(pair => pair.Key, pair => long.Parse(pair.Value, CultureInfo.InvariantCulture) * 1024),
            },
        };
    }

    // What does not read it has ended: what that wrote instead says why.
    private static async Task<bool> SendAsync(Stream input, CancellationToken cancellationToken)
    {
        try
        {
            await input.WriteAsync(Encoding.ASCII.GetBytes(Script.ReplaceLineEndings("\n")), cancellationToken).ConfigureAwait(false);
            await input.DisposeAsync().ConfigureAwait(false);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    // The remote's clock was read between the question and the answer, and shows whole seconds.
    private static TimeSpan? Offset(string? seconds, DateTimeOffset asked, DateTimeOffset answered)
    {
        if (!long.TryParse(seconds, CultureInfo.InvariantCulture, out var unix) || unix < 0 || unix > DateTimeOffset.MaxValue.ToUnixTimeSeconds())
        {
            return null;
        }

        var remote = DateTimeOffset.FromUnixTimeSeconds(unix);
        return remote > answered ? remote - answered
            : remote.AddSeconds(1) < asked ? remote.AddSeconds(1) - asked
            : TimeSpan.Zero;
    }

    private static Dictionary<string, string> Pairs(IEnumerable<string> lines)
    {
        var result = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in lines)
        {
            if (line.IndexOf('=', StringComparison.Ordinal) is > 0 and var at)
            {
                result[line[..at].Trim()] = line[(at + 1)..].Trim();
            }
        }

        return result;
    }

    private static Dictionary<string, string> WithPrefix(Dictionary<string, string> values, string prefix) =>
        values.Where(pair => pair.Key.StartsWith(prefix, StringComparison.Ordinal) && pair.Value.Length > 0)
            .ToDictionary(pair => pair.Key[prefix.Length..], pair => pair.Value);

    private static string Clean(string text)
    {
        var clean = StandardErrorLog.StripControlSequences(text).Trim();
        clean = string.Concat(clean.Select(c => char.IsControl(c) && c != '\n' ? '?' : c));
        return clean.Length <= DiagnosisLimits.ShownCharacters ? clean : clean[..DiagnosisLimits.ShownCharacters] + "…";
    }
}
