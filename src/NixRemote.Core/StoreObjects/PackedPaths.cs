using System.Text;

namespace NixRemote.StoreObjects;

/// <summary>
/// Store paths by number, in the order in which they were added. One takes the characters of its base name and some 20 bytes more; as an object,
/// with its text and its place in a dictionary, it takes 200.
/// </summary>
internal sealed class PackedPaths
{
    private const int ChunkBytes = 1 << 16;

    private readonly List<byte[]> _chunks = [];

    // Nearly always one: the store directory of the store that told the paths.
    private readonly List<string> _directories = [];

    // By number: where its base name is, as if all chunks were one; which directory and how many characters it has; and its hash, which is keyed:
    // whoever sends paths cannot choose those that collide.
    private readonly ChunkedList<int> _places = new();
    private readonly ChunkedList<(ushort Directory, byte Length)> _kinds = new();
    private readonly ChunkedList<int> _hashes = new();

    // Numbers and one, by hash, the next free place if that is taken; 0 is free. At most three quarters are taken.
    private int[] _slots = new int[64];
    private int _used = ChunkBytes;

    /// <summary>How many paths there are.</summary>
    public int Count => _places.Count;

    /// <summary>The path with a number, as an object of its own.</summary>
    public StorePath this[int number] => StorePath.FromBaseName(Encoding.ASCII.GetString(BaseNameOf(number)), _directories[_kinds[number].Directory]);

    /// <summary>The number of a path; -1 if it has none.</summary>
    public int Find(StorePath path) => _slots[SlotOf(path)] - 1;

    /// <summary>The number of a path; it has one from here on.</summary>
    public int Add(StorePath path)
    {
        var slot = SlotOf(path);
        if (_slots[slot] > 0)
        {
            return _slots[slot] - 1;
        }

        if (4 * (Count + 1) > 3 * _slots.Length)
        {
            Grow();
            slot = SlotOf(path);
        }

        Encoding.ASCII.GetBytes(path.BaseText, Reserve(path.BaseText.Length));
        _kinds.Add((checked((ushort)DirectoryOf(path)), checked((byte)path.BaseText.Length)));
        _hashes.Add(path.GetHashCode());
        return (_slots[slot] = Count) - 1;
    }

    /// <summary>The order of <see cref="StorePath.CompareTo"/>.</summary>
    public int Compare(int left, int right) =>
        _kinds[left].Directory == _kinds[right].Directory ? BaseNameOf(left).SequenceCompareTo(BaseNameOf(right)) : this[left].CompareTo(this[right]);

    private ReadOnlySpan<byte> BaseNameOf(int number) =>
        _chunks[_places[number] / ChunkBytes].AsSpan(_places[number] % ChunkBytes, _kinds[number].Length);

    private int DirectoryOf(StorePath path)
    {
        for (var i = 0; i < _directories.Count; i++)
        {
            if (path.DirectoryText.SequenceEqual(_directories[i]))
            {
                return i;
            }
        }

        _directories.Add(path.StoreDirectory);
        return _directories.Count - 1;
    }

    /// <summary>Where the path's number is, or would be.</summary>
    private int SlotOf(StorePath path)
    {
        var hash = path.GetHashCode();
        for (var slot = hash & (_slots.Length - 1); ; slot = (slot + 1) & (_slots.Length - 1))
        {
            var number = _slots[slot] - 1;
            if (number < 0 || (_hashes[number] == hash && Is(number, path)))
            {
                return slot;
            }
        }
    }

    private bool Is(int number, StorePath path) =>
        Ascii.Equals(BaseNameOf(number), path.BaseText) && path.DirectoryText.SequenceEqual(_directories[_kinds[number].Directory]);

    private void Grow()
    {
        _slots = new int[2 * _slots.Length];
        for (var number = 0; number < Count; number++)
        {
            var slot = _hashes[number] & (_slots.Length - 1);
            while (_slots[slot] > 0)
            {
                slot = (slot + 1) & (_slots.Length - 1);
            }

            _slots[slot] = number + 1;
        }
    }

    /// <summary>Room for a base name; none lies in two chunks.</summary>
    private Span<byte> Reserve(int count)
    {
        if (_used + count > ChunkBytes)
        {
            _chunks.Add(new byte[ChunkBytes]);
            _used = 0;
        }

        _places.Add(checked(((_chunks.Count - 1) * ChunkBytes) + _used));
        var room = _chunks[^1].AsSpan(_used, count);
        _used += count;
        return room;
    }
}
