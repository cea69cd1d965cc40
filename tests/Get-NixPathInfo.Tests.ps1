Describe 'Get-NixPathInfo' {
    BeforeAll { . "$PSScriptRoot/common.ps1" }
    BeforeEach { Enter-TestBed }

    It 'tells what the local store knows' {
        $drv = New-Derivation known 'echo > $out'
        $info = Get-NixPathInfo $drv
        $info.NarHash | Should -Be (nix-store --query --hash $drv)
        $info.NarSize | Should -Be (nix-store --query --size $drv)
        $info.IsTrusted | Should -BeTrue
    }

    It 'tells which of several stores have a path' {
        $drv = New-Derivation where 'echo > $out'
        $null = Copy-NixClosure $drv -To b226
        $info = $drv | Get-NixPathInfo -Store b28, b226, daemon
        $info.Stores | Should -Be 'b226', 'daemon'
        $info.MissingFrom | Should -Be 'b28'
    }

    It 'adds up closures' {
        $drv = New-Derivation sum 'echo > $out'
        (Get-NixPathInfo $drv -ClosureSize).ClosureSize | Should -Be (Get-NixPathInfo $drv -Recurse | Measure-Object NarSize -Sum).Sum
    }

    It 'says which path nobody has' {
        { Get-NixPathInfo /nix/store/00000000000000000000000000000000-none -Store b226 -ErrorAction Stop } |
            Should -Throw -ExpectedMessage '*b226 does not have*none*' -ErrorId 'PathNotValid,NixRemote.Commands.GetNixPathInfoCommand'
    }
}
