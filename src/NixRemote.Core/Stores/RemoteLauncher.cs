using NixRemote.Transport;

namespace NixRemote.Stores;

/// <summary>
/// Starts the Nix program on another machine. First as stock Nix does, with nothing around it, so that forced commands which look at
/// SSH_ORIGINAL_COMMAND see what they expect. Where the shell does not find the program, a launcher looks for it at the places where
/// Nix is installed, and which the PATH of a shell without a login lacks on macOS and NixOS.
/// </summary>
/// <param name="program">The program, with what stands before it, such as <c>sudo</c>.</param>
/// <param name="arguments">Its arguments.</param>
/// <param name="name">The store's name, for messages.</param>
/// <param name="verbose">Told where the program was found.</param>
internal sealed class RemoteLauncher(IReadOnlyList<string> program, IReadOnlyList<string> arguments, string name, Action<string>? verbose)
{
    /// <summary>Where Nix is, other than on the PATH.</summary>
    public const string Places = "/run/current-system/sw/bin:/nix/var/nix/profiles/default/bin:$HOME/.nix-profile/bin"
        + ":$HOME/.local/state/nix/profile/bin:/etc/profiles/per-user/$USER/bin:/usr/local/bin";

    /// <summary>What the launcher's line on standard error begins with.</summary>
    private const string Mark = "nixremote: found ";

    private volatile bool _isLookedFor;

    /// <summary>The command line that Nix itself would use.</summary>
    public string Plain { get; } = ShellCommand.Join([.. program, .. arguments]);

    /// <summary>The command line that looks for the program.</summary>
    public string Launcher { get; } = "/bin/sh -c " + ShellCommand.Quote(
        $"PATH=\"$PATH:{Places}\"; export PATH; "
        + $"p=$(command -v {ShellCommand.Quote(program[^1])}) || {{ echo \"{program[^1]} is not in $PATH\" >&2; exit 127; }}; "
        + $"echo \"{Mark}$p\" >&2; exec {string.Concat(program.SkipLast(1).Select(word => ShellCommand.Quote(word) + " "))}\"$p\" {ShellCommand.Join(arguments)}");

    /// <summary>Whether there is anything to look for: a program that is not named by its path.</summary>
    private bool CanBeLookedFor => !program[^1].Contains('/', StringComparison.Ordinal);

    /// <summary>Starts the program and opens a connection on its channel.</summary>
    /// <param name="execute">Runs a command line.</param>
    /// <param name="open">Speaks the protocol's beginning; fails with RemoteProgramNotFound if the program is not there.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<IStoreConnection> StartAsync(
        Func<string, CancellationToken, Task<IDuplexChannel>> execute, Func<IDuplexChannel, Task<IStoreConnection>> open, CancellationToken cancellationToken)
    {
        if (_isLookedFor)
        {
            return await open(await execute(Launcher, cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
        }

        NixRemoteException missing;
        try
        {
            return await open(await execute(Plain, cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
        }
        catch (NixRemoteException e) when (e.Definition == NixErrors.RemoteProgramNotFound && CanBeLookedFor)
        {
            missing = e;
        }

        verbose?.Invoke($"{name}: {missing.Message} It is looked for in {Places}.");
        try
        {
            var channel = await execute(Launcher, cancellationToken).ConfigureAwait(false);
            var connection = await open(channel).ConfigureAwait(false);
            _isLookedFor = true;
            var found = channel.StandardError.Tail()?.Split('\n').LastOrDefault(line => line.StartsWith(Mark, StringComparison.Ordinal));
            verbose?.Invoke($"{name}: '{program[^1]}' is not on the PATH of the remote shell, but at {found?[Mark.Length..] ?? "one of the usual places"}; it is started there.");
            return connection;
        }
        catch (NixRemoteException e) when (e.Definition == NixErrors.RemoteProgramNotFound)
        {
            throw new NixRemoteException(missing.Definition, $"{missing.Message} It is in none of the usual places either ({Places}).", missing)
            {
                Builder = missing.Builder,
                Target = missing.Target,
                StandardErrorTail = missing.StandardErrorTail,
            };
        }
    }
}
