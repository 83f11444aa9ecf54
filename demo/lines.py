"""What simulated shoppers say, by brand and language. Plain talk, no claims about the goods that the shop would not make."""

from __future__ import annotations

GENERAL = {
    "it": [
        "Buonasera a tutti!",
        "Eccomi, cosa mi sono persa?",
        "Che bella diretta stasera",
        "Spedite anche in Sicilia?",
        "Si vede benissimo",
        "Ciao Marco, ci sei anche tu?",
        "Ma quanto è bello 😍",
        "Lo fate vedere da vicino?",
        "Bella idea, grazie!",
        "Quanto ci mette ad arrivare?",
        "Io l'ho preso l'anno scorso, contentissima",
    ],
    "en": [
        "Hi everyone!",
        "Just got here, what did I miss?",
        "Love the light in this one",
        "Can you show the back?",
        "Got mine, thank you",
        "How long does delivery take?",
        "That colour is lovely",
        "Greetings from Bologna",
        "Is it a gift? It is now 😄",
    ],
}

BY_BRAND = {
    "passo": {
        "it": [
            "Vestono giuste o prendo mezzo numero in più?",
            "La suola è la stessa delle Corsa?",
            "Il 42 lo avete ancora?",
            "Le Passo Uno con i jeans stanno benissimo",
            "Lo zaino ci sta un portatile da 14?",
        ],
        "en": [
            "Do they run true to size?",
            "Any 41 left?",
            "The green heel is my favourite",
            "Does the backpack fit a laptop?",
        ],
    },
    "terralume": {
        "it": [
            "La tazza va in lavastoviglie?",
            "La calathea sta bene in bagno?",
            "La lampada fa luce calda?",
            "Il blu dal vivo è ancora più bello",
            "La moka va sull'induzione?",
        ],
        "en": [
            "Is the blue dishwasher safe?",
            "Show it closer please",
            "The speckle on that one is gorgeous",
            "Does it come in sand?",
        ],
    },
}

HOST = {
    "passo": {
        "it": [
            "Benvenuti! Stasera sneaker e capi invernali.",
            "Calzano regolari: prendete il vostro numero.",
            "Cucite a mano ad Ascoli, una per una.",
        ],
        "en": ["Welcome! Sneakers and winter gear tonight.", "True to size: take your usual number."],
    },
    "terralume": {
        "it": ["Benvenuti nel laboratorio di Deruta!", "Ogni pezzo esce un po' diverso: è il bello del gres."],
        "en": ["Welcome to the workshop in Deruta!", "Each one comes out slightly different. That's the point."],
    },
}
