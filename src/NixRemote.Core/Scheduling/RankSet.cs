using System.Numerics;

namespace NixRemote.Scheduling;

/// <summary>A set of numbers below a limit that finds its least, its greatest, and the next from a number on in logarithmic
/// time to base 64: a tree of bits, each above saying whether the 64 below it hold any.</summary>
internal sealed class RankSet
{
    private const int Shift = 6;
    private const int Mask = 63;

    private readonly ulong[][] _levels;

    /// <summary>Makes an empty set.</summary>
    /// <param name="limit">Its numbers are below this.</param>
    public RankSet(int limit)
    {
        var levels = new List<ulong[]>();
        var words = Math.Max(1, limit);
        do
        {
            words = (words + Mask) >> Shift;
            levels.Add(new ulong[words]);
        }
        while (words > 1);

        _levels = [.. levels];
    }

    /// <summary>How many it holds.</summary>
    public int Count { get; private set; }

    /// <summary>The least, or -1.</summary>
    public int First => From(0);

    /// <summary>The greatest, or -1.</summary>
    public int Last
    {
        get
        {
            if (Count == 0)
            {
                return -1;
            }

            var index = 0;
            for (var level = _levels.Length - 1; level >= 0; level--)
            {
                index = (index << Shift) | (Mask - BitOperations.LeadingZeroCount(_levels[level][index]));
            }

            return index;
        }
    }

    /// <summary>Whether it holds a number.</summary>
    public bool Contains(int number) => (_levels[0][number >> Shift] >> (number & Mask) & 1) != 0;

    /// <summary>Adds a number.</summary>
    /// <returns>Whether it was not there.</returns>
    public bool Add(int number)
    {
        if (Contains(number))
        {
            return false;
        }

        Count++;
        foreach (var words in _levels)
        {
            var before = words[number >> Shift];
            words[number >> Shift] = before | (1UL << (number & Mask));
            if (before != 0)
            {
                break;
            }

            number >>= Shift;
        }

        return true;
    }

    /// <summary>Takes a number out.</summary>
    /// <returns>Whether it was there.</returns>
    public bool Remove(int number)
    {
        if (!Contains(number))
        {
            return false;
        }

        Count--;
        foreach (var words in _levels)
        {
            if ((words[number >> Shift] &= ~(1UL << (number & Mask))) != 0)
            {
                break;
            }

            number >>= Shift;
        }

        return true;
    }

    /// <summary>The least that is not below a number, or -1.</summary>
    public int From(int number)
    {
        for (var level = 0; level < _levels.Length && number >> Shift < _levels[level].Length; level++)
        {
            var rest = _levels[level][number >> Shift] >> (number & Mask);
            if (rest != 0)
            {
                number += BitOperations.TrailingZeroCount(rest);
                while (level-- > 0)
                {
                    number = (number << Shift) | BitOperations.TrailingZeroCount(_levels[level][number]);
                }

                return number;
            }

            // The next word of this level is the next bit of the one above.
            number = (number >> Shift) + 1;
        }

        return -1;
    }
}
