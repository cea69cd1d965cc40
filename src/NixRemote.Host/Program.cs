Console.Error.WriteLine("placeholder");
return 1;
