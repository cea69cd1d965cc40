using System.Management.Automation;

namespace NixRemote.Commands;

/// <summary>What -Name and -ExcludeName leave of the builders. A name is taken literally too: it may hold what wildcards are made of.</summary>
internal static class BuilderNameFilter
{
    /// <summary>Whether a builder stays.</summary>
    public static bool Takes(string name, string[]? only, string[]? except) =>
        (only is null || only.Any(pattern => Matches(name, pattern))) && except?.Any(pattern => Matches(name, pattern)) != true;

    /// <summary>The error for a pattern without wildcards that no builder has as its name; null if there is none such.</summary>
    public static NixRemoteException? FindUnknown(IEnumerable<string> names, string[]? only, string[]? except)
    {
        var all = names.ToList();
        var unknown = (only ?? []).Concat(except ?? [])
            .FirstOrDefault(pattern => !WildcardPattern.ContainsWildcardCharacters(pattern) && !all.Exists(name => Matches(name, pattern)));
        return unknown is null ? null : new NixRemoteException(NixErrors.BuilderNotFound,
            $"There is no builder with the name '{unknown}'; {(all.Count == 0 ? "there is none at all" : $"there are {string.Join(", ", all)}")}.") { Target = unknown };
    }

    private static bool Matches(string name, string pattern) =>
        string.Equals(name, pattern, StringComparison.OrdinalIgnoreCase) || WildcardPattern.Get(pattern, WildcardOptions.IgnoreCase).IsMatch(name);
}
