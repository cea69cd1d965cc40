using System.Management.Automation;

namespace NixRemote.Commands;

/// <summary>Names of builders that a parameter gives, wildcards allowed; remembers which of them named none.</summary>
internal sealed class NamePatterns(string[] patterns)
{
    private readonly bool[] _found = new bool[patterns.Length];

    /// <summary>Names without wildcards that no builder had so far.</summary>
    public IEnumerable<string> NotFound => patterns.Where((p, i) => !_found[i] && !WildcardPattern.ContainsWildcardCharacters(p));

    /// <summary>Whether one of them names the builder. A name may itself hold wildcard characters.</summary>
    public bool Match(string name)
    {
        var matches = false;
        for (var index = 0; index < patterns.Length; index++)
        {
            if (string.Equals(patterns[index], name, StringComparison.OrdinalIgnoreCase)
                || WildcardPattern.Get(patterns[index], WildcardOptions.IgnoreCase).IsMatch(name))
            {
                matches = _found[index] = true;
            }
        }

        return matches;
    }
}
