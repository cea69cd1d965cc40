namespace NixRemote.Scheduling;

/// <summary>Indices of builders: a short list while they are few, bits when they are many.</summary>
internal struct BuilderSet
{
    /// <summary>Up to this many they are listed.</summary>
    public const int Few = 8;

    private int[]? _list;
    private ulong[]? _bits;

    /// <summary>How many they are.</summary>
    public int Count { get; private set; }

    /// <summary>All of them while they are few; empty when they are many.</summary>
    public readonly ReadOnlySpan<int> List => _bits is null ? _list.AsSpan(0, Count) : [];

    /// <summary>Whether a builder is among them.</summary>
    public readonly bool Contains(int builder) => _bits is null
        ? List.Contains(builder)
        : builder >> 6 < _bits.Length && (_bits[builder >> 6] >> (builder & 63) & 1) != 0;

    /// <summary>Adds a builder.</summary>
    /// <returns>Whether it was not among them.</returns>
    public bool Add(int builder, int builders)
    {
        if (Contains(builder))
        {
            return false;
        }

        if (_bits is null && Count == Few)
        {
            _bits = new ulong[(builders + 63) >> 6];
            foreach (var one in _list!)
            {
                _bits[one >> 6] |= 1UL << (one & 63);
            }

            _list = null;
        }

        if (_bits is not null)
        {
            _bits[builder >> 6] |= 1UL << (builder & 63);
        }
        else
        {
            if (_list is null || Count == _list.Length)
            {
                Array.Resize(ref _list, Math.Max(1, Count * 2));
            }

            _list[Count] = builder;
        }

        Count++;
        return true;
    }

    /// <summary>Takes a builder out.</summary>
    /// <returns>Whether it was among them.</returns>
    public bool Remove(int builder)
    {
        if (!Contains(builder))
        {
            return false;
        }

        Count--;
        if (_bits is not null)
        {
            _bits[builder >> 6] &= ~(1UL << (builder & 63));
        }
        else
        {
            _list![Array.IndexOf(_list, builder)] = _list[Count];
        }

        return true;
    }
}
