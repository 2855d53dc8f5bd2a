# Ce que la salle dit en français : court, calme, précis.

language-name = Français

## Dates

date = { $weekday } { $day ->
    [1] 1er
   *[other] { $day }
} { $month }
weekday = { $weekday ->
    [0] lundi
    [1] mardi
    [2] mercredi
    [3] jeudi
    [4] vendredi
    [5] samedi
   *[6] dimanche
}
month = { $month ->
    [1] janvier
    [2] février
    [3] mars
    [4] avril
    [5] mai
    [6] juin
    [7] juillet
    [8] août
    [9] septembre
    [10] octobre
    [11] novembre
   *[12] décembre
}
from-to = { $start } – { $end }
now-until = En cours, jusqu’à { $end }
tomorrow-from-to = Demain, { $start } – { $end }
weekday-from-to = { $weekday }, { $start } – { $end }

## Accueil

next-meetings = Prochaines réunions
no-meetings = Plus de réunion prévue
no-meetings-hint = Rejoignez toute réunion avec son code.
join = Rejoindre
join-by-code = Rejoindre avec un code
devices-ready = Caméra, micro et haut-parleur prêts
laptop-ready = Ordinateur branché : il peut être partagé en réunion

## Saisie d’un code

code-title = Quelle réunion ?
code-example = Par exemple abc-defg-hij
cancel = Annuler

## Entrée

joining = Connexion
joining-asking = Nous demandons l’accès à la réunion…
joining-signalling = Connexion à la réunion…
joining-media = Connexion du son et de l’image…
lobby-title = En attente d’autorisation
lobby-sentence = Une personne de la réunion doit nous laisser entrer.
lobby-waited = { $minutes ->
    [0] Nous venons de demander l’accès.
    [one] Nous attendons depuis une minute.
   *[other] Nous attendons depuis { $minutes } minutes.
}

## En réunion

microphone = Micro
microphone-on = Activé : on vous entend
microphone-off = Coupé : on ne vous entend pas
microphone-interrupted = Interrompu : reconnexion…
microphone-missing = Aucun micro branché
microphone-failed = Micro en panne
microphone-forbidden = Non autorisé par la réunion
camera = Caméra
camera-on = Activée : on vous voit
camera-off = Coupée : on ne vous voit pas
camera-interrupted = Interrompue : reconnexion…
camera-missing = Aucune caméra branchée
camera-failed = Caméra en panne
camera-forbidden = Non autorisée par la réunion
share = Ordinateur
share-offered = Touchez pour le partager
share-off = Non partagé
share-starting = Démarrage…
share-stopping = Arrêt…
share-on = Partagé : on le voit
share-interrupted = Interrompu : reconnexion…
share-no-signal = Pas d’image : vérifiez le câble
share-protected = Son image est noire
share-forbidden = Non autorisé par la réunion
turning-on = Activation…
turning-off = Coupure…
volume = Volume
volume-percent = { $percent } %
loudspeaker-missing = Aucun haut-parleur
loudspeaker-failed = Haut-parleur en panne
layout-button = Affichage
layout-title = Affichage
layout-strip = Intervenant et vignettes
layout-speaker = Intervenant seul
layout-grid = Mosaïque
layout-content-speaker = Contenu et intervenant
layout-content = Contenu seul
self-view = Notre image
captions = Sous-titres
people-button = { $count ->
    [0] Personne
    [one] 1 autre
   *[other] { $count } autres
}
hand-raise = Lever la main
hand-lower = Baisser la main
leave = Quitter
close = Fermer
recording = Enregistrée
transcription = Transcrite
recording-and-transcription = Enregistrée et transcrite
quality-poor = Connexion faible
quality-lost = Pas de connexion
somebody-waiting = Quelqu’un attend à l’entrée
elapsed-minutes = { $minutes } min
elapsed-hours = { $hours } h { $minutes }
reconnecting = Connexion perdue. Reconnexion en cours…
alone = Personne d’autre n’est encore là.
speaking-one = { $name } a la parole
speaking-two = { $first } et { $second } parlent
speaking-many = Plusieurs personnes parlent
people-title = { $count ->
    [0] Personne d’autre n’est là
    [one] 1 autre personne
   *[other] { $count } autres personnes
}
people-more = { $count ->
    [one] et 1 autre
   *[other] et { $count } autres
}
people-first = Revenir au début

## Après un échec

retry = Réessayer
home = Accueil
end-left = Vous avez quitté la réunion
end-left-advice = La salle est libre pour la prochaine réunion.
end-room-not-found = Cette réunion n’existe pas
end-room-not-found-advice = Vérifiez le code auprès de la personne qui vous a invité.
end-lobby-denied = La réunion ne nous a pas laissés entrer
end-lobby-denied-advice = Demandez à une personne de la réunion d’accepter cette salle, puis réessayez.
end-lobby-timed-out = Personne ne nous a laissés entrer
end-lobby-timed-out-advice = Nous avons attendu dix minutes. Vérifiez que la réunion a commencé, puis réessayez.
end-token-refused = La réunion a refusé notre invitation
end-token-refused-advice = Elle a peut-être expiré. Demandez un nouveau lien, ou utilisez le code de la réunion.
end-certificate-invalid = Nous ne savons pas à qui nous parlons
end-certificate-invalid-advice = Le serveur n’a pas prouvé son identité : nous ne nous sommes pas connectés. Prévenez votre équipe informatique.
end-server-unreachable = Le serveur de la réunion ne répond pas
end-server-unreachable-advice = Vérifiez la connexion réseau de la salle, puis réessayez.
end-server-error = Le serveur de la réunion a un problème
end-server-error-advice = Réessayez dans un instant. Si cela persiste, prévenez votre équipe informatique.
end-too-many-requests = Trop de tentatives
end-too-many-requests-advice = { $minutes ->
    [one] Réessayez dans une minute.
   *[other] Réessayez dans { $minutes } minutes.
}
end-media-unreachable = Le son et l’image ne passent pas
end-media-unreachable-advice = Un pare-feu les bloque peut-être. Prévenez votre équipe informatique.
end-connection-lost = La connexion a été perdue
end-connection-lost-advice = Vérifiez la connexion réseau de la salle, puis réessayez.
end-removed = Un animateur a retiré cette salle de la réunion
end-removed-advice = Si c’est une erreur, demandez-lui de vous laisser revenir.
end-meeting-ended = La réunion est terminée
end-meeting-ended-advice = Un animateur y a mis fin pour tout le monde.
end-joined-elsewhere = Cette salle a rejoint la réunion depuis un autre endroit
end-joined-elsewhere-advice = La réunion continue là-bas. Réessayez pour la reprendre ici.
end-server-shutdown = Le serveur de la réunion redémarre
end-server-shutdown-advice = Réessayez dans un instant.
end-internal = Un problème est survenu dans cette salle
end-internal-advice = Réessayez. Si cela se reproduit, prévenez votre équipe informatique.

## Avis

notice-not-a-destination = Ce n’est pas un code de réunion. Un code ressemble à abc-defg-hij.
notice-token-missing = C’est l’adresse d’un serveur. Il faut aussi un jeton : demandez au service informatique.
notice-has-credentials = Ce lien contient un identifiant ou un mot de passe. Demandez un lien qui n’en a pas.
notice-no-instance = Cette salle a besoin du lien complet, pas seulement du code.
notice-not-encrypted = Ce lien n’est pas chiffré. Demandez un lien qui commence par https.
notice-end-to-end-encrypted = Cette réunion est chiffrée de bout en bout. Cette salle ne peut pas encore la rejoindre.
notice-already-in-call = Vous êtes déjà en réunion. Quittez-la d’abord.
notice-muted-by-host = Un animateur a coupé votre micro.
notice-camera-stopped-by-host = Un animateur a coupé votre caméra.
notice-camera-unplugged = La caméra a été débranchée. On ne vous voit plus.
notice-camera-failed = La caméra ne fonctionne pas. On ne vous voit plus.
notice-camera-back = La caméra est de retour.
notice-microphone-unplugged = Le micro a été débranché. On ne vous entend plus.
notice-microphone-failed = Le micro ne fonctionne pas. On ne vous entend plus.
notice-microphone-back = Le micro est de retour.
notice-loudspeaker-unplugged = Le haut-parleur a été débranché. Vous n’entendez plus personne.
notice-loudspeaker-failed = Le haut-parleur ne fonctionne pas. Vous n’entendez plus personne.
notice-loudspeaker-back = Le haut-parleur est de retour.
notice-cannot-decode = Une image ou un son de cette réunion arrive dans un format que cette salle ne connaît pas.
notice-may-not-speak = Cette réunion ne vous donne pas la parole. Levez la main pour la demander.
notice-may-not-show-camera = Cette réunion n’autorise pas votre caméra.
notice-may-not-share = Cette réunion ne vous permet pas de partager un ordinateur.
notice-content-unplugged = L’ordinateur a été débranché. Il n’est plus partagé.
notice-content-no-signal = L’ordinateur ne donne pas d’image : il n’est plus partagé. Vérifiez son câble.
notice-content-protected = L’image de l’ordinateur est noire. Les films protégés ne peuvent pas être partagés.
notice-no-content = Il n’y a pas d’ordinateur à partager. Branchez-en un et sortez-le de veille.
notice-share-stopped-by-host = Un organisateur a arrêté votre partage.
notice-share-refused = La réunion n’a pas accepté votre partage. Réessayez.
notice-recording-started = Cette réunion est maintenant enregistrée.
notice-chat = { $name } : { $text }
notice-reaction = { $emoji ->
    [thumbs-up] { $name } approuve : pouce levé
    [thumbs-down] { $name } désapprouve : pouce baissé
    [clapping-hands] { $name } applaudit
    [red-heart] { $name } envoie un cœur
    [face-with-tears-of-joy] { $name } rit
    [face-with-open-mouth] { $name } s’étonne
    [party-popper] { $name } fait la fête
    [folded-hands] { $name } dit merci
   *[other] { $name } réagit
}
somebody = Quelqu’un

## L’écran de la salle

display-sharing = { $name } partage son écran
display-still = Image figée
display-hint = Touchez « Rejoindre » sur la tablette.
display-hint-code = Rejoignez une réunion avec son code sur la tablette.
display-next = Prochaine réunion
display-in-call = En réunion
display-retry-hint = Vous pouvez réessayer sur la tablette.
