namespace NixRemote.Builders;

/// <summary>How many typing errors are between two words: characters missing, added, wrong or swapped.</summary>
internal static class EditDistance
{
    /// <summary>The nearest of some words within a distance, the first of equals; null if none is that near.</summary>
    public static string? Nearest(string word, IEnumerable<string> candidates, int limit)
    {
        string? nearest = null;
        var best = limit + 1;
        foreach (var candidate in candidates)
        {
            if (Math.Abs(candidate.Length - word.Length) < best && Between(word, candidate) is var distance && distance < best)
            {
                (nearest, best) = (candidate, distance);
            }
        }

        return nearest;
    }

    /// <summary>The optimal string alignment distance.</summary>
    public static int Between(string left, string right)
    {
        var rows = new int[left.Length + 1, right.Length + 1];
        for (var row = 0; row <= left.Length; row++)
        {
            for (var column = 0; column <= right.Length; column++)
            {
                if (row == 0 || column == 0)
                {
                    rows[row, column] = row + column;
                    continue;
                }

                var wrong = left[row - 1] == right[column - 1] ? 0 : 1;
                var distance = Math.Min(Math.Min(rows[row - 1, column] + 1, rows[row, column - 1] + 1), rows[row - 1, column - 1] + wrong);
                if (row > 1 && column > 1 && left[row - 1] == right[column - 2] && left[row - 2] == right[column - 1])
                {
                    distance = Math.Min(distance, rows[row - 2, column - 2] + 1);
                }

                rows[row, column] = distance;
            }
        }

        return rows[left.Length, right.Length];
    }
}
