namespace NixRemote.Transport;

/// <summary>Files by a path with wildcards in any of its parts, in the order of their names, as Include needs them.</summary>
internal static class SshGlob
{
    /// <summary>The files that exist; a path without wildcards is returned as it is.</summary>
    public static IEnumerable<string> Expand(string path)
    {
        if (path.AsSpan().IndexOfAny("*?[") < 0)
        {
            return [path];
        }

        var root = Path.GetPathRoot(path) ?? "";
        IEnumerable<string> found = [root];
        var parts = path[root.Length..].Split(Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar);
        for (var i = 0; i < parts.Length; i++)
        {
            var part = parts[i];
            var last = i == parts.Length - 1;
            found = part.AsSpan().IndexOfAny("*?[") < 0
                ? found.Select(folder => Path.Combine(folder, part)).Where(p => last ? File.Exists(p) : Directory.Exists(p)).ToList()
                : found.SelectMany(folder => Entries(folder, part, last)).ToList();
        }

        return found;
    }

    private static IEnumerable<string> Entries(string folder, string pattern, bool files)
    {
        // A leading dot is only matched by a dot, as glob(3) does.
        IEnumerable<string> entries;
        try
        {
            entries = files ? Directory.GetFiles(folder) : Directory.GetDirectories(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }

        return entries
            .Where(entry => Path.GetFileName(entry) is var name && (name[0] != '.' || pattern[0] == '.') && Matches(name, pattern))
            .OrderBy(entry => entry, StringComparer.Ordinal);
    }

    /// <summary>A shell pattern with <c>*</c>, <c>?</c> and <c>[a-z]</c> or <c>[!a-z]</c>.</summary>
    private static bool Matches(ReadOnlySpan<char> name, ReadOnlySpan<char> pattern)
    {
        while (!pattern.IsEmpty)
        {
            if (pattern[0] == '*')
            {
                for (var skip = 0; skip <= name.Length; skip++)
                {
                    if (Matches(name[skip..], pattern[1..]))
                    {
                        return true;
                    }
                }

                return false;
            }

            if (name.IsEmpty)
            {
                return false;
            }

            var close = pattern[0] == '[' ? pattern[1..].IndexOf(']') : -1;
            if (close > 0)
            {
                if (!InClass(name[0], pattern.Slice(1, close)))
                {
                    return false;
                }

                pattern = pattern[(close + 2)..];
            }
            else
            {
                if (pattern[0] != '?' && pattern[0] != name[0])
                {
                    return false;
                }

                pattern = pattern[1..];
            }

            name = name[1..];
        }

        return name.IsEmpty;
    }

    private static bool InClass(char c, ReadOnlySpan<char> set)
    {
        var negated = set[0] is '!' or '^';
        set = negated ? set[1..] : set;
        var found = false;
        for (var i = 0; i < set.Length; i++)
        {
            if (i + 2 < set.Length && set[i + 1] == '-')
            {
                found |= c >= set[i] && c <= set[i + 2];
                i += 2;
            }
            else
            {
                found |= c == set[i];
            }
        }

        return found != negated;
    }
}
