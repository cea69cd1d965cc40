namespace NixRemote.Builders;

/// <summary>Writes builders in any format (machines.md §2, §5, §6), in their order and with their comments. What a format cannot hold is a
/// warning that names builder and field: a part that the builder works without is left out, a builder that would take other builds
/// without it is written as a comment.</summary>
public static class MachinesWriter
{
    /// <summary>Writes the builders.</summary>
    public static MachinesText Write(IReadOnlyList<NixBuilder> builders, MachinesFormat format, MachinesWriteOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(builders);
        options ??= new MachinesWriteOptions();
        var losses = new List<ConfigurationWarning>();
        var text = format switch
        {
            MachinesFormat.Legacy => new LegacyMachinesWriter(losses).Write(builders, options),
            MachinesFormat.Toml => new TomlMachinesWriter(losses).Write(builders, options),
            MachinesFormat.NixOS => new NixOSMachinesWriter(losses).Write(builders, options),
            MachinesFormat.Json => new JsonMachinesWriter(losses).Write(builders, options),
            MachinesFormat.RemoteSystems => new RemoteSystemsWriter(losses).Write(builders, options),
            _ => throw new ArgumentOutOfRangeException(nameof(format), format, "There is no such format."),
        };
        return new MachinesText(text, losses);
    }
}
