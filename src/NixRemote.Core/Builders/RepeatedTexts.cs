using System.Text;

namespace NixRemote.Builders;

/// <summary>Texts that come again and again in a document, such as names of fields, systems and features: one object for all that are
/// equal and near to each other. Its size is fixed, so that texts that never come again cost nothing.</summary>
internal sealed class RepeatedTexts
{
    private const int Places = 256;
    private const int LongestText = 40;

    private readonly string?[] _texts = new string[Places];

    /// <summary>The text as an object.</summary>
    public string Get(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty || text.Length > LongestText)
        {
            return text.ToString();
        }

        var hash = (text.Length * 31) + (text[0] * 7) + (text[text.Length / 2] * 13) + (text[^1] * 17);
        ref var place = ref _texts[hash & (Places - 1)];
        if (place is null || !text.SequenceEqual(place))
        {
            place = text.ToString();
        }

        return place;
    }

    /// <summary>The text of valid UTF-8 as an object.</summary>
    public string Get(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length > LongestText)
        {
            return Encoding.UTF8.GetString(utf8);
        }

        Span<char> text = stackalloc char[LongestText];
        return Get(text[..Encoding.UTF8.GetChars(utf8, text)]);
    }
}
