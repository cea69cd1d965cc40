using System.ComponentModel;
using System.Diagnostics;
using NixRemote.Builds;

namespace NixRemote.Commands;

/// <summary>Evaluates expressions to derivations with the nix-instantiate of this machine.</summary>
internal static class LocalEvaluation
{
    /// <summary>Lines of its standard error that are kept for an error.</summary>
    private const int KeptErrorLines = 40;

    /// <summary>The goals of a file's attributes (all if none is named) or of an expression.</summary>
    /// <param name="file">The file; null: the expression.</param>
    /// <param name="expression">The expression; null: the file.</param>
    /// <param name="attributes">Attribute paths; empty: the value itself.</param>
    /// <param name="verbose">Told what is run and what it says.</param>
    /// <param name="cancellationToken">Ends the process.</param>
    /// <exception cref="NixRemoteException">EvaluatorMissing, EvaluationFailed.</exception>
    public static async Task<IReadOnlyList<BuildGoal>> InstantiateAsync(
        string? file, string? expression, IReadOnlyList<string> attributes, Action<string> verbose, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("nix-instantiate")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        IEnumerable<string> arguments = file is not null ? [file] : ["-E", expression!];
        foreach (var argument in arguments.Concat(attributes.SelectMany(a => new[] { "-A", a })))
        {
            start.ArgumentList.Add(argument);
        }

        var subject = $"{(attributes.Count == 0 ? "" : $"{string.Join(", ", attributes)} of ")}{(file is null ? "the expression" : $"'{file}'")}";
        verbose($"Evaluating: nix-instantiate {string.Join(' ', start.ArgumentList)}");
        using var process = new Process { StartInfo = start };
        var errors = new Queue<string>();
        process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is not null)
            {
                lock (errors)
                {
                    errors.Enqueue(Transport.StandardErrorLog.StripControlSequences(line.Data));
                    if (errors.Count > KeptErrorLines)
                    {
                        errors.Dequeue();
                    }
                }
            }
        };
        try
        {
            process.Start();
        }
        catch (Win32Exception exception)
        {
            throw new NixRemoteException(NixErrors.EvaluatorMissing, $"nix-instantiate cannot be started: {exception.Message}.", exception);
        }

        process.BeginErrorReadLine();
        process.StandardInput.Close();
        try
        {
            var output = await process.StandardOutput.ReadToEndAsync(cancellationToken).ConfigureAwait(false);
            await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
            if (process.ExitCode != 0)
            {
                string text;
                lock (errors)
                {
                    text = string.Join('\n', errors);
                }

                throw Failed($"nix-instantiate could not evaluate {subject}; its exit code is {process.ExitCode}.", text);
            }

            var goals = output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            return goals.Length == 0
                ? throw Failed($"nix-instantiate found no derivation in {subject}.", null)
                : [.. goals.Select(BuildGoal.Parse)];
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }

        NixRemoteException Failed(string message, string? standardError) =>
            new(NixErrors.EvaluationFailed, message) { StandardErrorTail = standardError, Target = file ?? expression };
    }
}
