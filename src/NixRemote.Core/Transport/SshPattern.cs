namespace NixRemote.Transport;

/// <summary>The patterns of ssh_config and known_hosts: <c>*</c> any run, <c>?</c> one character, <c>!</c> in front negates.</summary>
internal static class SshPattern
{
    /// <summary>Whether a text matches one pattern as a whole.</summary>
    public static bool Matches(ReadOnlySpan<char> text, ReadOnlySpan<char> pattern)
    {
        // Greedy with one point to go back to: linear in practice, at worst the product of both lengths.
        int t = 0, p = 0, starPattern = -1, starText = 0;
        while (t < text.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                starPattern = p++;
                starText = t;
            }
            else if (p < pattern.Length && (pattern[p] == '?' || pattern[p] == text[t]))
            {
                p++;
                t++;
            }
            else if (starPattern >= 0)
            {
                p = starPattern + 1;
                t = ++starText;
            }
            else
            {
                return false;
            }
        }

        return pattern[p..].TrimStart('*').IsEmpty;
    }

    /// <summary>Whether a text matches a list with commas: at least one pattern, and none of the negated ones.</summary>
    public static bool MatchesList(string text, string patterns)
    {
        var matched = false;
        foreach (var pattern in patterns.Split(','))
        {
            var negated = pattern.StartsWith('!');
            if (Matches(text, negated ? pattern.AsSpan(1) : pattern))
            {
                if (negated)
                {
                    return false;
                }

                matched = true;
            }
        }

        return matched;
    }

    /// <summary>As <see cref="MatchesList"/>, without regard to case, as host names are compared.</summary>
    public static bool MatchesHostList(string host, string patterns) =>
        MatchesList(host.ToLowerInvariant(), patterns.ToLowerInvariant());
}
