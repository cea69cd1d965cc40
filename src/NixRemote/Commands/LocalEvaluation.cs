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
    /// <param name="arguments">Arguments of nix-instantiate: the file, or <c>-E</c> and the text.</param>
    /// <param name="attributes">Attribute paths; empty: the value itself.</param>
    /// <param name="verbose">Told what is run and what it says.</param>
    /// <param name="cancellationToken">Ends the process.</param>
    /// <exception cref="NixRemoteException">EvaluatorMissing, EvaluationFailed.</exception>
    public static async Task<IReadOnlyList<BuildGoal>> InstantiateAsync(
        IReadOnlyList<string> arguments, IReadOnlyList<string> attributes, Action<string> verbose, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("nix-instantiate")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var argument in arguments.Concat(attributes.SelectMany(a => new[] { "-A", a })))
        {
            start.ArgumentList.Add(argument);
        }

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

                throw new NixRemoteException(NixErrors.EvaluationFailed, $"nix-instantiate failed with exit code {process.ExitCode}.")
                {
                    StandardErrorTail = text,
                    Target = string.Join(' ', attributes),
                };
            }

            return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(BuildGoal.Parse)];
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }
}
