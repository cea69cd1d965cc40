using System.Globalization;

namespace NixRemote.Builders;

/// <summary>Takes the fields of one builder from a table of TOML or JSON. What cannot be taken is an error at its place, and
/// <see cref="IsValid"/> is false from then on.</summary>
internal sealed class TableFields
{
    private readonly DocumentNode _table;
    private readonly string _file;
    private readonly int _line;
    private readonly int _column;
    private readonly string _builder;
    private readonly MachinesCollector _collector;

    /// <param name="table">The table.</param>
    /// <param name="file">What locations call the text.</param>
    /// <param name="line">Lines before the text in that file.</param>
    /// <param name="column">Columns before the text's first line.</param>
    /// <param name="builder">What messages call the builder.</param>
    /// <param name="collector">Where errors go.</param>
    public TableFields(DocumentNode table, string file, int line, int column, string builder, MachinesCollector collector)
    {
        _table = table;
        _file = file;
        _line = line;
        _column = column;
        _builder = builder;
        _collector = collector;
    }

    /// <summary>Whether all that was taken could be.</summary>
    public bool IsValid { get; private set; } = true;

    /// <summary>A text; null if it is absent, null or empty.</summary>
    public string? Text(string key)
    {
        var node = Find(key);
        return node is null || Expect(node, key, DocumentNodeKind.String, "a string") is not { } text || text.Text.Length == 0 ? null : text.Text;
    }

    /// <summary>A list of texts; null if it is absent or null.</summary>
    public IReadOnlyList<string>? Words(string key)
    {
        var node = Find(key);
        if (node is null || Expect(node, key, DocumentNodeKind.Array, "a sequence of strings") is not { } array)
        {
            return null;
        }

        var items = array.Items;
        if (_collector.Lists.Find(key, items) is { } same)
        {
            return same;
        }

        var words = new string[items.Count];
        for (var index = 0; index < words.Length; index++)
        {
            var item = items[index];
            words[index] = item.Text;
            if (item.Kind != DocumentNodeKind.String)
            {
                Error(item, $"{key}: invalid type: {item.Describe()}, expected a string.", $"Write each of {key} in quotes.");
                return null;
            }
        }

        return _collector.Lists.Remember(key, words);
    }

    /// <summary>A truth value.</summary>
    public bool? Boolean(string key) =>
        Find(key) is { } node && Expect(node, key, DocumentNodeKind.Boolean, "a boolean") is { } boolean ? boolean.Integer != 0 : null;

    /// <summary>A number of jobs: a whole number from 0 to 4294967295, here at most <see cref="int.MaxValue"/>.</summary>
    public int? Jobs(string key)
    {
        if (Find(key) is not { } node || Expect(node, key, DocumentNodeKind.Integer, "u32") is not { } number)
        {
            return null;
        }

        if (number.Integer is < 0 or > uint.MaxValue)
        {
            Error(number, $"{key} must be >= 0: invalid value: {number.Describe()}, expected u32.", "Write a whole number from 0 to 4294967295.");
            return null;
        }

        return (int)Math.Min(number.Integer, int.MaxValue);
    }

    /// <summary>A speed factor: a finite number of 0 or more; 0 counts as 1, with a warning.</summary>
    public double? Speed(string key)
    {
        if (Find(key) is not { } node)
        {
            return null;
        }

        if (node.Kind is not (DocumentNodeKind.Integer or DocumentNodeKind.Float))
        {
            Error(node, $"{key}: invalid type: {node.Describe()}, expected a number.", "Write a number over 0, such as 1 or 2.5.");
            return null;
        }

        var speed = node.Kind == DocumentNodeKind.Integer ? node.Integer : node.Float;
        switch (SpeedFactorText.Check(speed))
        {
            case SpeedFactorText.Result.Negative:
                Error(node, $"{key} must be >= 0: invalid value: {node.Describe()}.", "Write a number over 0, such as 1 or 2.5.");
                return null;
            case SpeedFactorText.Result.NotFinite:
                Error(node, $"{key}: {node.Describe()} is not a finite number: no machine can be compared with it.", "Write a number over 0, such as 1 or 2.5.");
                return null;
        }

        if (speed == 0)
        {
            _collector.Warn(Place(node.Line, node.Column), _builder, "speed-factor", "The speed factor is 0, which counts as 1 here; Lix divides by it.");
        }

        return speed == 0 ? 1 : speed;
    }

    /// <summary>A pinned host key in base64, decoded; null if it is absent or empty.</summary>
    public string? HostKeyInBase64(string key)
    {
        if (Text(key) is not { } encoded)
        {
            return null;
        }

        var decoded = HostKeyText.FromBase64(encoded);
        if (decoded is null)
        {
            Error(Find(key)!, $"{key} is not valid base64.", "Write the output of: base64 -w0 /etc/ssh/ssh_host_ed25519_key.pub (on the builder).");
        }

        return decoded;
    }

    /// <summary>Any value of a name, or null; JSON's null counts as absent.</summary>
    public DocumentNode? Find(string key) => _table[key] is { Kind: not DocumentNodeKind.Null } node ? node : null;

    /// <summary>Refuses every name that is not one of these.</summary>
    public void ExpectOnly(FieldNames keys)
    {
        var members = _table.Members;
        for (var index = 0; index < members.Count; index++)
        {
            var member = members[index];
            if (!keys.Contains(member.Name))
            {
                var meant = EditDistance.Nearest(member.Name, keys.All, 3);
                IsValid = false;
                _collector.Error(Place(member.Line, member.Column), member.Name, $"unknown field `{MachinesCollector.Shown(member.Name)}`, expected one of {string.Join(", ", keys.All.Select(k => $"`{k}`"))}.",
                    meant is null ? "Remove the field." : $"Write {meant}, or remove the field.");
            }
        }
    }

    /// <summary>Adds an error at a value.</summary>
    public void Error(DocumentNode node, string message, string cure)
    {
        IsValid = false;
        _collector.Error(Place(node.Line, node.Column), node.Shown(), message, cure);
    }

    /// <summary>Adds an error at the table.</summary>
    public void Error(int line, int column, string text, string message, string cure)
    {
        IsValid = false;
        _collector.Error(Place(line, column), text, message, cure);
    }

    private SourceLocation Place(int line, int column) => new(_file, line + _line, line == 1 ? column + _column : column);

    private DocumentNode? Expect(DocumentNode node, string key, DocumentNodeKind kind, string expected)
    {
        if (node.Kind == kind)
        {
            return node;
        }

        Error(node, string.Create(CultureInfo.InvariantCulture, $"{key}: invalid type: {node.Describe()}, expected {expected}."), $"Write {expected} for {key}.");
        return null;
    }
}
