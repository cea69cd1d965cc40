namespace NixRemote.Builders;

/// <summary>Finds names that a format without names does not keep.</summary>
internal static class NameLosses
{
    /// <summary>Warns of each builder that gets another name when the text is read again.</summary>
    public static void Find(IReadOnlyList<NixBuilder> written, List<ConfigurationWarning> losses)
    {
        var again = BuilderNames.Assign([.. written.Select(b => (b, false))]);
        for (var index = 0; index < written.Count; index++)
        {
            if (again[index].Name != written[index].Name)
            {
                losses.Add(new ConfigurationWarning(written[index].Source, written[index].Name, "name",
                    $"The format has no names; its name is '{again[index].Name}' from now on."));
            }
        }
    }
}
