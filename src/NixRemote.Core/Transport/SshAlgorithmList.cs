namespace NixRemote.Transport;

/// <summary>The algorithm lists of ssh_config: <c>a,b</c> only these, <c>+a</c> these too, <c>-a*</c> not these, <c>^a</c> these first.</summary>
public static class SshAlgorithmList
{
    /// <summary>Chooses what to offer, the best first.</summary>
    /// <param name="specification">ssh_config's value, or null for the default.</param>
    /// <param name="supported">All that this client can do.</param>
    /// <param name="offered">What it offers by default, in its order.</param>
    public static IReadOnlyList<string> Choose(string? specification, IReadOnlyCollection<string> supported, IReadOnlyList<string> offered)
    {
        ArgumentNullException.ThrowIfNull(supported);
        ArgumentNullException.ThrowIfNull(offered);
        if (string.IsNullOrEmpty(specification))
        {
            return offered;
        }

        var patterns = (specification[0] is '+' or '-' or '^' ? specification[1..] : specification).Split(',');
        var named = patterns.SelectMany(pattern => supported.Where(name => SshPattern.Matches(name, pattern))).Distinct().ToList();
        return specification[0] switch
        {
            '+' => [.. offered, .. named.Except(offered)],
            '-' => [.. offered.Except(named)],
            '^' => [.. named, .. offered.Except(named)],
            _ => named,
        };
    }
}
