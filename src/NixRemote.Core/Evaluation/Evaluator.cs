using NixRemote.Builds;
using NixRemote.Transport;

namespace NixRemote.Evaluation;

/// <summary>
/// Evaluates to derivations with the Nix of some machine: this one, or a builder. Files and expressions with
/// <c>nix-instantiate</c>, which all versions have; installables with <c>nix path-info --derivation</c>.
/// </summary>
public sealed class Evaluator
{
    /// <summary>Bytes of derivation paths that are taken at most: some 150,000 goals.</summary>
    private const int MaxOutputBytes = 16 * 1024 * 1024;

    private readonly string? _machine;
    private readonly Func<IReadOnlyList<string>, CancellationToken, Task<IDuplexChannel>> _start;

    /// <summary>An evaluator that runs programs somewhere.</summary>
    /// <param name="machine">The machine, for messages; null: this one.</param>
    /// <param name="start">Starts a program with its arguments there.</param>
    public Evaluator(string? machine, Func<IReadOnlyList<string>, CancellationToken, Task<IDuplexChannel>> start)
    {
        _machine = machine;
        _start = start;
    }

    /// <summary>With the Nix of this machine.</summary>
    public static Evaluator OfThisMachine { get; } = new(null, (words, _) => Task.FromResult<IDuplexChannel>(ProcessChannel.Start(words)));

    /// <summary>With the Nix of the machine at the other end of an SSH session, which stays the caller's.</summary>
    public static Evaluator Over(ISshSession session, string machine) =>
        new(machine, (words, cancellationToken) => session.ExecuteAsync(Stores.ShellCommand.Join(words), cancellationToken));

    /// <summary>The goals that a request means, in its order. Paths in it are those of the machine that evaluates.</summary>
    /// <param name="request">What to evaluate.</param>
    /// <param name="verbose">Told what is run, and what Nix says meanwhile.</param>
    /// <param name="cancellationToken">Ends the evaluation.</param>
    /// <exception cref="NixRemoteException">EvaluatorMissing, EvaluationFailed; what the connection throws.</exception>
    public async Task<IReadOnlyList<BuildGoal>> EvaluateAsync(EvaluationRequest request, Action<string> verbose, CancellationToken cancellationToken)
    {
        if (request.Installables.Count == 0)
        {
            var lines = await RunAsync(InstantiateCommand(request), request.Subject, verbose, cancellationToken).ConfigureAwait(false);
            return [.. lines.Select(BuildGoal.Parse)];
        }

        var goals = new List<BuildGoal>();
        foreach (var installable in request.Installables)
        {
            // One at a time: of several, Nix prints the paths in an order of its own.
            foreach (var path in await RunAsync(PathInfoCommand(installable), installable.ToString(), verbose, cancellationToken).ConfigureAwait(false))
            {
                goals.Add(BuildGoal.Parse($"{path}^{installable.Outputs ?? "*"}"));
            }
        }

        return goals;
    }

    /// <summary>The command that instantiates a file or an expression.</summary>
    internal static IReadOnlyList<string> InstantiateCommand(EvaluationRequest request) =>
    [
        "nix-instantiate",
        .. request.File is { } file ? (string[])[file] : ["-E", request.Expression!],
        .. request.Attributes.SelectMany(a => new[] { "-A", a }),
    ];

    /// <summary>The command that tells the derivation of an installable.</summary>
    internal static IReadOnlyList<string> PathInfoCommand(Installable installable) =>
        ["nix", "--extra-experimental-features", "nix-command flakes", "path-info", "--derivation", installable.Unqualified];

    private async Task<IReadOnlyList<string>> RunAsync(
        IReadOnlyList<string> command, string subject, Action<string> verbose, CancellationToken cancellationToken)
    {
        var program = command[0];
        var place = _machine is null ? "" : $" on {_machine}";
        verbose($"Evaluating{place}: {Stores.ShellCommand.Join(command)}");
        ProgramOutput output;
        try
        {
            var channel = await _start(command, cancellationToken).ConfigureAwait(false);
            await using (channel.ConfigureAwait(false))
            {
                channel.StandardError.LineReceived += line => verbose($"{program}{place}: {StandardErrorLog.StripControlSequences(line)}");
                output = await ProgramOutput.ReadAsync(channel, MaxOutputBytes, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (NixRemoteException exception) when (exception.Definition == NixErrors.RemoteProgramNotFound)
        {
            throw Missing(exception.Message, exception);
        }

        if (output.ExitCode == ProgramOutput.NotFoundExitCode)
        {
            throw Missing($"{program} cannot be run{place}: {output.StandardErrorTail ?? "the shell does not find it"}", null);
        }

        if (output.ExitCode != 0)
        {
            throw Failed($"{program} could not evaluate {subject}{place}; "
                + (output.ExitCode is { } code ? $"its exit code is {code}." : "it ended without an exit code."));
        }

        var lines = output.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return lines.Length > 0 ? lines : throw Failed($"{program} found no derivation in {subject}{place}.");

        NixRemoteException Missing(string message, Exception? inner) => new(NixErrors.EvaluatorMissing, message, inner)
        {
            Builder = _machine,
            RecommendedAction = _machine is null
                ? "Install Nix, evaluate on a builder with -EvaluateOn, or give -DerivationPath."
                : $"Install Nix on {_machine}, or put it on the PATH of non-interactive shells there.",
        };

        NixRemoteException Failed(string message) =>
            new(NixErrors.EvaluationFailed, message) { Builder = _machine, StandardErrorTail = output.StandardErrorTail, Target = subject };
    }
}
