namespace NixRemote.Transport;

/// <summary>
/// Puts together what a connection needs, in OpenSSH's order of precedence: NIX_SSHOPTS, the builder's URI and entry,
/// the user's ssh_config, the system's, the defaults.
/// </summary>
public static partial class SshConfig
{
    /// <summary>Resolves a target.</summary>
    /// <param name="target">Whom to reach.</param>
    /// <param name="options">How; <see cref="SshOptions.Warning"/> is told what has no effect.</param>
    /// <exception cref="NixRemoteException">SshConfigInvalid, ConfigurationFileUnreadable.</exception>
    public static SshHostConfig Resolve(SshTarget target, SshOptions options) => Resolve(target, options, SshEnvironment.Current);

    /// <summary>As <see cref="Resolve(SshTarget, SshOptions)"/>, for a given environment.</summary>
    internal static SshHostConfig Resolve(SshTarget target, SshOptions options, SshEnvironment environment)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(options);
        if (target.Host.Length == 0 || target.Host[0] == '-' || target.User is "" or ['-', ..])
        {
            throw new NixRemoteException(NixErrors.StoreUriInvalid, $"'{target}' is not a valid SSH host name.") { Target = target.ToString() };
        }

        var reader = new SshConfigReader(target.Host, environment, options);
        var configFile = options.ConfigFile;
        foreach (var (keyword, value) in NixSshOptions.Parse(options.ExtraArguments ?? environment.Variable(NixSshOptions.Variable), options.Warning))
        {
            if (keyword == NixSshOptions.ConfigFile)
            {
                configFile ??= value;
            }
            else
            {
                reader.Add(keyword, value, $"{NixSshOptions.Variable} -o {keyword}");
            }
        }

        AddTarget(reader, target);
        var required = reader.IdentityFiles.Count;
        reader.Read(ConfigFiles(configFile, environment), required: configFile is not null);
        if (reader[SshKeywords.CanonicalizeHostname] is { } canonicalize && canonicalize.Value.ToLowerInvariant() is not ("no" or "false"))
        {
            options.Verbose?.Invoke($"{canonicalize.Source}: CanonicalizeHostname has no effect; '{target.Host}' is used as it is.");
        }

        return Build(reader, required, options, environment) with { ConfigFile = configFile };
    }

    private static void AddTarget(SshConfigReader reader, SshTarget target)
    {
        var source = $"the builder '{target}'";
        if (target.User is { } user)
        {
            reader.Add("User", Quoted(user), source);
        }

        if (target.Port is { } port)
        {
            reader.Add("Port", $"{port}", source);
        }

        if (target.IdentityFile is { } identity)
        {
            reader.Add("IdentityFile", Quoted(identity.Replace("%", "%%")), source);
        }

        if (target.Compress)
        {
            reader.Add("Compression", "yes", source);
        }
    }

    private static IReadOnlyList<string> ConfigFiles(string? configFile, SshEnvironment environment) => configFile switch
    {
        null => [Path.Combine(environment.UserFolder, "config"), Path.Combine(environment.SystemFolder, "ssh_config")],
        // As for ssh -F: not even the system's.
        "none" => [],
        _ => [environment.ExpandHome(configFile)],
    };

    private static string Quoted(string value) => $"\"{value.Replace(@"\", @"\\").Replace("\"", "\\\"")}\"";
}
