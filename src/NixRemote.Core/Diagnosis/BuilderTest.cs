using System.Diagnostics;
using System.Text.RegularExpressions;
using NixRemote.Builders;
using NixRemote.StoreObjects;
using NixRemote.Stores;
using NixRemote.Transport;

namespace NixRemote.Diagnosis;

/// <summary>Finds out whether a builder can be used, and what it is.</summary>
public static partial class BuilderTest
{
    /// <summary>Characters of the version command's output that are read.</summary>
    private const int MaxVersionText = 4096;

    private const int LatencyTries = 3;

    /// <summary>Logs in, asks for the version, opens the store and asks it a question. A failure is a result, not an exception.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="logIn">Opens an SSH session with it; null if it is not reached over SSH.</param>
    /// <param name="store">Its store, not yet connected; the caller disposes it.</param>
    /// <param name="cancellationToken">Ends the test.</param>
    public static async Task<NixBuilderTestResult> RunAsync(
        NixBuilder builder, Func<CancellationToken, Task<ISshSession>>? logIn, IBuildStore store, CancellationToken cancellationToken)
    {
        var result = new NixBuilderTestResult { Builder = builder, Status = BuilderTestStatus.Failed, Message = "" };
        try
        {
            if (logIn is not null)
            {
                result = await LogInAsync(result, logIn, cancellationToken).ConfigureAwait(false);
            }

            var clock = Stopwatch.StartNew();
            var info = await store.ConnectAsync(cancellationToken).ConfigureAwait(false);
            result = result with
            {
                Reachable = true,
                Authenticated = true,
                ConnectTime = clock.Elapsed,
                Protocol = info.Protocol,
                ProtocolVersion = info.Version,
                NixVersion = result.NixVersion ?? info.NixVersion,
                Trusted = info.Trust,
            };
            return Judge(result with { Latency = await LatencyAsync(store, cancellationToken).ConfigureAwait(false) });
        }
        catch (NixRemoteException exception)
        {
            return Failed(result, exception);
        }
    }

    /// <summary>The result of a builder whose store cannot even be opened.</summary>
    public static NixBuilderTestResult Failed(NixBuilder builder, NixRemoteException exception) =>
        new() { Builder = builder, Status = BuilderTestStatus.Failed, Message = exception.Message, RecommendedAction = exception.RecommendedAction, Error = exception };

    private static NixBuilderTestResult Failed(NixBuilderTestResult result, NixRemoteException exception)
    {
        exception.Builder ??= result.Builder.Name;
        return result with
        {
            Reachable = result.Reachable ?? IsReachable(exception.Definition),
            Authenticated = result.Authenticated ?? (IsReachable(exception.Definition) == true ? false : null),
            Error = exception,
            Message = exception.Message,
            RecommendedAction = exception.RecommendedAction,
        };
    }

    private static async Task<NixBuilderTestResult> LogInAsync(
        NixBuilderTestResult result, Func<CancellationToken, Task<ISshSession>> logIn, CancellationToken cancellationToken)
    {
        await using var session = await logIn(cancellationToken).ConfigureAwait(false);
        result = result with { Reachable = true, Authenticated = true, HostKey = session.HostKeyFingerprint is { Length: > 0 } fingerprint ? fingerprint : null };
        await using var channel = await session.ExecuteAsync("nix-store --version", cancellationToken).ConfigureAwait(false);
        using var text = new StreamReader(channel.Input);
        var buffer = new char[MaxVersionText];
        var length = await text.ReadBlockAsync(buffer, cancellationToken).ConfigureAwait(false);
        var version = Version().Match(new string(buffer, 0, length));
        return version.Success ? result with { Implementation = version.Groups["name"].Value, NixVersion = version.Groups["version"].Value } : result;
    }

    private static async Task<TimeSpan> LatencyAsync(IBuildStore store, CancellationToken cancellationToken)
    {
        // Any path does: the answer "not valid" takes the same way.
        StorePath[] question = [StorePath.FromBaseName($"{new string('0', StorePath.HashLength)}-latency")];
        var shortest = TimeSpan.MaxValue;
        for (var i = 0; i < LatencyTries; i++)
        {
            var clock = Stopwatch.StartNew();
            await store.QueryValidPathsAsync(question, protect: false, substitute: false, cancellationToken).ConfigureAwait(false);
            shortest = clock.Elapsed < shortest ? clock.Elapsed : shortest;
        }

        return shortest;
    }

    private static NixBuilderTestResult Judge(NixBuilderTestResult result) => result.Trusted == TrustLevel.NotTrusted
        ? result with
        {
            Status = BuilderTestStatus.Warning,
            Message = "It answers, but its daemon does not trust the user: it refuses unsigned paths and input-addressed derivations.",
            RecommendedAction = NixErrors.NotTrusted.RecommendedAction,
        }
        : result.Builder.MaxJobs == 0
        ? result with { Status = BuilderTestStatus.Warning, Message = "It answers, but its job count is 0: it never gets work.", RecommendedAction = "Give it a job count over 0." }
        : result with { Status = BuilderTestStatus.Passed, Message = "It can build." };

    /// <summary>What an error says of the machine; null if it was not tried.</summary>
    private static bool? IsReachable(ErrorDefinition error) =>
        error == NixErrors.HostNotFound || error == NixErrors.ConnectionRefused || error == NixErrors.ConnectionTimeout ? false
        : error == NixErrors.IdentityFileMissing || error == NixErrors.IdentityFileEncrypted || error == NixErrors.IdentityFileInvalid
            || error == NixErrors.IdentityFileTooOpen || error == NixErrors.IdentityPassphraseWrong || error == NixErrors.SshConfigInvalid || error == NixErrors.StoreUriInvalid ? null
        : true;

    // "nix-store (Nix) 2.34.8", "nix-store (Lix, like Nix) 2.95.3", "nix-store (Determinate Nix 3.11.2) 2.31.1"
    [GeneratedRegex(@"^nix-store \((?<name>[^),]+?)( \d[\w.]*)?(,[^)]*)?\) (?<version>\S+)")]
    private static partial Regex Version();
}
