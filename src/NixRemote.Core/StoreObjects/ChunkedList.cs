namespace NixRemote.StoreObjects;

/// <summary>
/// A list of small values that only grows. It never moves what it has: a list that doubles leaves arrays behind that the collector frees
/// late, together as large as the list.
/// </summary>
/// <typeparam name="T">Of at most 16 bytes: a chunk then is none of the large objects.</typeparam>
internal sealed class ChunkedList<T>
    where T : unmanaged
{
    private const int ChunkBits = 12;
    private const int ChunkSize = 1 << ChunkBits;

    private readonly List<T[]> _chunks = [];

    /// <summary>How many values there are.</summary>
    public int Count { get; private set; }

    /// <summary>The value at an index below <see cref="Count"/>.</summary>
    public T this[int index]
    {
        get => _chunks[index >> ChunkBits][index & (ChunkSize - 1)];
        set => _chunks[index >> ChunkBits][index & (ChunkSize - 1)] = value;
    }

    /// <summary>Appends a value.</summary>
    public void Add(T value)
    {
        if (Count == _chunks.Count << ChunkBits)
        {
            _chunks.Add(new T[ChunkSize]);
        }

        this[Count++] = value;
    }
}
