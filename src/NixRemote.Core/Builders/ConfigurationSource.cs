namespace NixRemote.Builders;

/// <summary>One place that was asked for configuration.</summary>
/// <param name="Name">The file's path, or the variable's or parameter's name.</param>
/// <param name="State">What was there.</param>
/// <param name="Role">Why it was asked: <c>system file</c>, <c>user file</c>, <c>included by …</c>.</param>
public sealed record ConfigurationSource(string Name, ConfigurationSourceState State, string Role)
{
    /// <summary><c>name (role): state</c>.</summary>
    public override string ToString() => $"{Name} ({Role}): {State switch
    {
        ConfigurationSourceState.Read => "read",
        ConfigurationSourceState.Missing => "does not exist",
        _ => "cannot be read",
    }}";
}
