using NixRemote.Builders;
using NixRemote.StoreObjects;
using NixRemote.Stores;
using NixRemote.Transport;

namespace NixRemote.Diagnosis.Registration;

/// <summary>
/// Sets a machine up as a builder: its host key, a key of ours, what it is, a test, and its entry in a machines file. What was done is undone in reverse
/// order when a step fails.
/// </summary>
/// <param name="ssh">Reaches it.</param>
/// <param name="options">How to log in the first time: with a password, or as the user does already.</param>
/// <param name="keys">Makes keys.</param>
/// <param name="told">Told each step that is done.</param>
public sealed class BuilderRegistration(ISshConnector ssh, SshOptions options, ISignatureAlgorithm keys, Action<string> told)
{
    private readonly Stack<(string What, Func<CancellationToken, Task> Undo)> _done = [];

    /// <summary>Asks the machine for its host key.</summary>
    /// <returns>The refusal that shows a key which is not known; null if it is known.</returns>
    /// <exception cref="NixRemoteException">It cannot be reached, or its key is another one than the known.</exception>
    public async Task<HostKeyUnknownException?> FindUnknownHostKeyAsync(BuilderRegistrationRequest request, CancellationToken cancellationToken)
    {
        try
        {
            await using var session = await ssh.ConnectAsync(Target(request, null), options, cancellationToken).ConfigureAwait(false);
            return null;
        }
        catch (HostKeyUnknownException refused)
        {
            return refused;
        }
        catch (NixRemoteException later) when (later.Check == BuilderCheckName.Authentication)
        {
            // The host key was accepted; logging in is tried again in its turn, and its failure told there.
            told(later.Message);
            return null;
        }
    }

    /// <summary>Does all steps.</summary>
    /// <exception cref="NixRemoteException">The failure of a step, after what was done is undone.</exception>
    public async Task<NixBuilderRegistration> RunAsync(BuilderRegistrationRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        try
        {
            return await DoAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await UndoAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static SshTarget Target(BuilderRegistrationRequest request, string? identityFile) =>
        StoreFactory.TargetOf(request.Uri, new StoreOpenOptions { SshKey = identityFile });

    private async Task<NixBuilderRegistration> DoAsync(BuilderRegistrationRequest request, CancellationToken cancellationToken)
    {
        var pair = request.NewKey ? MakeKey(request) : null;
        var publicLine = pair?.PublicLine ?? (request.IdentityFile is null ? null : ReadPublicKey(request.IdentityFile));
        var hostKey = await LogInAsync(request, publicLine, cancellationToken).ConfigureAwait(false);

        // From here on as a build does it: without the password.
        var usual = options with { Credential = null };
        var stores = new StoreFactory(ssh, usual);
        var builder = await DescribeAsync(request, usual, cancellationToken).ConfigureAwait(false);
        var test = await BuilderTest.RunAsync(
            builder, stores, new StoreOpenOptions { Name = builder.Name, SshKey = builder.SshKey, MaxConnections = 1 }, new BuilderTestOptions(), cancellationToken).ConfigureAwait(false);
        if (test.Error is { } failure)
        {
            throw failure.ToException();
        }

        told($"{builder.Name} is tested: {test.Message}");
        if (request.Path is not null)
        {
            MachinesEntry.Add(builder, request);
            told($"{builder.Name} is in '{request.Path}'.");
        }

        return new NixBuilderRegistration
        {
            Builder = builder,
            HostKey = hostKey,
            PublicKey = publicLine,
            Path = request.Path,
            Test = test,
            NixOSClient = MachinesWriter.Write([builder], MachinesFormat.NixOS).Text,
            NixOSBuilder = NixOSBuilderOptions.Write(test.Facts?.User ?? request.Uri.User ?? "nix", publicLine),
        };
    }

    private SshKeyPair MakeKey(BuilderRegistrationRequest request)
    {
        var file = request.IdentityFile!;
        var pair = SshKeyPair.Create(keys, $"nix-builder-{request.Uri.Host}");
        pair.Write(file);
        _done.Push(($"the key '{file}'", _ =>
        {
            File.Delete(file);
            File.Delete(file + ".pub");
            return Task.CompletedTask;
        }));
        told($"The key '{file}' is made.");
        return pair;
    }

    private static string ReadPublicKey(string identityFile)
    {
        var file = identityFile + ".pub";
        try
        {
            var line = File.ReadLines(file).FirstOrDefault(l => l.Trim().Length > 0)?.Trim() ?? "";
            return HostKey.Parse(line) is not null
                ? line
                : throw new NixRemoteException(NixErrors.IdentityFileInvalid, $"'{file}' is not a public key (TYPE BASE64).") { Target = file };
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new NixRemoteException(NixErrors.IdentityFileMissing, $"The public key '{file}' cannot be read: {failure.Message.TrimEnd('.')}.", failure) { Target = file };
        }
    }

    /// <summary>Logs in as the user does now, checks the host key against what was agreed to, and puts the public key there.</summary>
    private async Task<string> LogInAsync(BuilderRegistrationRequest request, string? publicLine, CancellationToken cancellationToken)
    {
        var approved = request.ApprovedHostKey;
        var target = Target(request, request.NewKey ? null : request.IdentityFile is { } file && options.Credential is null ? file : null);
        var knownHosts = approved is null ? null : KnownHostsChange.Before(SshConfig.Resolve(target, options));
        var session = await ssh.ConnectAsync(target, options with { AcceptNewHostKey = approved is not null || options.AcceptNewHostKey }, cancellationToken).ConfigureAwait(false);
        await using (session.ConfigureAwait(false))
        {
            if (knownHosts is not null)
            {
                _done.Push(($"the line in '{knownHosts.File}'", _ => knownHosts.UndoAsync()));
                if (approved != session.HostKeyFingerprint)
                {
                    throw new NixRemoteException(NixErrors.HostKeyChanged, $"{session.Description} shows the host key {session.HostKeyFingerprint} now, not {approved}, which was agreed to.");
                }

                told($"The host key {approved} is in '{knownHosts.File}'.");
            }

            if (publicLine is not null && await AuthorizedKeys.AddAsync(session, publicLine, cancellationToken).ConfigureAwait(false))
            {
                _done.Push(($"the key in authorized_keys of {session.Description}", async stop =>
                {
                    await using var again = await ssh.ConnectAsync(target, options, stop).ConfigureAwait(false);
                    await AuthorizedKeys.RemoveAsync(again, publicLine, stop).ConfigureAwait(false);
                }));
                told($"The key is in authorized_keys of {session.Description}.");
            }

            return session.HostKeyFingerprint;
        }
    }

    /// <summary>Asks the machine what it is, logged in as builds will be.</summary>
    private async Task<NixBuilder> DescribeAsync(BuilderRegistrationRequest request, SshOptions usual, CancellationToken cancellationToken)
    {
        await using var session = await ssh.ConnectAsync(Target(request, request.IdentityFile), usual, cancellationToken).ConfigureAwait(false);
        var facts = (await BuilderReport.AskAsync(session.ExecuteAsync, TimeProvider.System, cancellationToken).ConfigureAwait(false)).Facts;
        if (facts is not { Systems.Count: > 0 })
        {
            throw new NixRemoteException(NixErrors.RegistrationFailed,
                $"{session.Description} does not tell what its Nix builds for{(facts?.Version is null ? ": no Nix was found there" : "")}.")
            {
                RecommendedAction = "Install Nix there; or write the entry by hand and use Test-NixBuilder.",
            };
        }

        var program = StoreFactory.RemoteCommand(request.Uri)[0];
        var uri = !facts.Programs.ContainsKey(program) && facts.ProgramsElsewhere.GetValueOrDefault(program) is { } place && !request.Uri.Parameters.ContainsKey("remote-program")
            ? StoreUri.Parse($"{request.Uri.Text}{(request.Uri.Parameters.Count == 0 ? '?' : '&')}remote-program={Uri.EscapeDataString(place)}")
            : request.Uri;
        var builder = new NixBuilder(uri)
        {
            Name = request.Name ?? request.Uri.Host,
            Systems = facts.Systems,
            SshKey = request.IdentityFile,
            MaxJobs = request.MaxJobs ?? Math.Max(1, facts.MaxJobs ?? 1),
            SpeedFactor = request.SpeedFactor,
            SupportedFeatures = facts.Features,
        };
        told($"{builder.Name} has {facts.Version}, builds for {string.Join(", ", builder.Systems)}, {builder.MaxJobs} at a time.");
        return builder;
    }

    private async Task UndoAsync()
    {
        // What the user stopped is undone all the same, but not for ever.
        using var limit = new CancellationTokenSource(DiagnosisLimits.UndoTime);
        while (_done.TryPop(out var step))
        {
            try
            {
                await step.Undo(limit.Token).ConfigureAwait(false);
                told($"Undone: {step.What}.");
            }
            catch (Exception failure) when (failure is NixRemoteException or IOException or UnauthorizedAccessException or OperationCanceledException)
            {
                options.Warning?.Invoke($"{step.What} could not be undone: {failure.Message}");
            }
        }
    }
}
