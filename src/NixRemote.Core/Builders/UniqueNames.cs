using System.Globalization;

namespace NixRemote.Builders;

/// <summary>Gives out names, each only once: the second <c>a</c> becomes <c>a-2</c>.</summary>
internal sealed class UniqueNames(IEnumerable<string> taken)
{
    private readonly HashSet<string> _taken = new(taken, StringComparer.Ordinal);
    private readonly Dictionary<string, int> _next = new(StringComparer.Ordinal);

    /// <summary>The wanted name, or with a number if it is taken.</summary>
    public string Take(string wanted)
    {
        if (_taken.Add(wanted))
        {
            return wanted;
        }

        var number = _next.GetValueOrDefault(wanted, 2);
        string name;
        do
        {
            name = string.Create(CultureInfo.InvariantCulture, $"{wanted}-{number++}");
        }
        while (!_taken.Add(name));
        _next[wanted] = number;
        return name;
    }
}
